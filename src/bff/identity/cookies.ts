import { hash, randomBytes } from 'node:crypto';

/** `__Host-Http-` (RFC 10017): only set over HTTP by this very host, never by a script. Accepted on http://localhost too. */
export const sessionCookie = '__Host-Http-session';
/** Binds a sign-in under way to this browser; Lax, since the identity provider sends the browser back across sites. */
export const loginCookie = '__Host-Http-login';

/** 256 random bits, as text for a cookie or a parameter. */
export const randomID = () => randomBytes(32).toString('base64url');
/** What is stored instead of an id. */
export const hashOf = (value: string) => hash('sha256', value, 'base64url');

/** The value of one cookie of a `Cookie` header, where it has the form of our ids. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const part of header.split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value !== undefined && /^[\w-]{43}$/.test(value)) return value;
  }
  return undefined;
}

/** A `Set-Cookie` value. `maxAgeSeconds` 0 removes the cookie. */
export const writeCookie = (name: string, value: string, sameSite: 'Strict' | 'Lax', maxAgeSeconds?: number) =>
  `${name}=${value}; Path=/; HttpOnly; Secure; SameSite=${sameSite}${maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`}`;
