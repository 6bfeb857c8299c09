/**
 * Where to go after signing in: a path within the portal, or the home page for anything else. `//host`, `/\host`,
 * control characters and the sign-in routes themselves are refused.
 */
export function safeReturnTo(value: string | undefined, publicOrigin: string): string {
  if (value === undefined || value.length > 2000 || !/^\/(?![/\\])[\x21-\x7e]*$/.test(value) || value.includes('\\'))
    return '/';
  if (!URL.canParse(value, publicOrigin)) return '/';
  const url = new URL(value, publicOrigin);
  if (url.origin !== publicOrigin || url.pathname.startsWith('//') || /^\/(auth|api|webhooks)(\/|$)/.test(url.pathname))
    return '/';
  return url.pathname + url.search;
}
