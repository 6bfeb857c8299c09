/**
 * Where to go after signing in: a path within the portal, or the home page for anything else. `//host`, `/\host`,
 * control characters and the sign-in routes themselves are refused.
 */
export function safeReturnTo(value: string | undefined, publicOrigin: string): string {
  if (value === undefined || value.length > 2000 || !/^\/(?![/\\])[\x21-\x7e]*$/.test(value) || value.includes('\\'))
    return '/';
  if (!URL.canParse(value, publicOrigin)) return '/';
  const url = new URL(value, publicOrigin);
  // The routes are found by the decoded path: `/%61uth/login` is one of them.
  const decoded = decodedOr(url.pathname, '/auth');
  if (url.origin !== publicOrigin || url.pathname.startsWith('//') || /^\/(auth|api|webhooks)(\/|$)/.test(decoded))
    return '/';
  return url.pathname + url.search;
}

function decodedOr(pathname: string, fallback: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch (error) {
    if (error instanceof URIError) return fallback;
    throw error;
  }
}
