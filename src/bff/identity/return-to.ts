/** As it is sent in a header, whose size proxies limit. */
const longest = 2000;

/**
 * Where to go after signing in: a path within the portal, or the home page for anything else. `//host`, `/\host`,
 * control characters and the sign-in routes themselves are refused; spaces and letters of every script are encoded.
 */
export function safeReturnTo(value: string | undefined, publicOrigin: string): string {
  if (value === undefined || value.length > longest || !/^\/(?!\/)[^\p{Cc}\\]*$/u.test(value)) return '/';
  if (!URL.canParse(value, publicOrigin)) return '/';
  const url = new URL(value, publicOrigin);
  // The routes are found by the decoded path: `/%61uth/login` is one of them.
  const decoded = decodedOr(url.pathname, '/auth');
  if (url.origin !== publicOrigin || url.pathname.startsWith('//') || /^\/(auth|api|webhooks)(\/|$)/.test(decoded))
    return '/';
  const path = url.pathname + url.search;
  return path.length > longest ? '/' : path;
}

function decodedOr(pathname: string, fallback: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch (error) {
    if (error instanceof URIError) return fallback;
    throw error;
  }
}
