import { isCall } from '../guard/headers.ts';

/** In characters, before and after encoding: it is sent in a `Location` header, and proxies limit the size of headers. */
const longest = 2000;

/**
 * The path to go to after signing in: the given one if it is a page of this portal, else the home page. Refused are other hosts
 * (`//host`, `/\host`), control characters, and calls. Spaces and letters outside of ASCII come out encoded; a fragment is left out.
 */
export function safeReturnTo(value: string | undefined, publicOrigin: string): string {
  if (value === undefined || value.length > longest || !/^\/(?!\/)[^\p{Cc}\\]*$/u.test(value)) return '/';
  if (!URL.canParse(value, publicOrigin)) return '/';
  const url = new URL(value, publicOrigin);
  // Hono matches routes by the decoded path, so `/%61uth/login` is a route of sign-in too.
  const decoded = decodedOr(url.pathname, '/auth');
  if (url.origin !== publicOrigin || url.pathname.startsWith('//') || isCall(decoded)) return '/';
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
