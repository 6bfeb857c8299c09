import { hash, randomBytes } from 'node:crypto';

/** The prefix `__Host-Http-` (RFC 10017): only this very host can set it, over HTTP, never a script. Works on http://localhost too. */
export const sessionCookie = '__Host-Http-session';
/** Binds a sign-in to the browser that began it. SameSite=Lax, because the identity provider sends the browser back from another site. */
export const loginCookie = '__Host-Http-login';

/** 256 random bits, as text for a cookie or a parameter. */
export const randomID = () => randomBytes(32).toString('base64url');
/** The SHA-256 hash that is stored instead of a secret id, so that nobody can use what they read in the database. */
export const hashOf = (value: string) => hash('sha256', value, 'base64url');

/** The value of a cookie in a `Cookie` header; undefined if it is not there or does not have the form of `randomID`. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const part of header.split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value !== undefined && /^[\w-]{43}$/.test(value)) return value;
  }
  return undefined;
}

/** A `Set-Cookie` value. `maxAgeSeconds` 0 removes the cookie; without it the cookie lasts until the browser is closed. */
export const writeCookie = (name: string, value: string, sameSite: 'Strict' | 'Lax', maxAgeSeconds?: number) =>
  `${name}=${value}; Path=/; HttpOnly; Secure; SameSite=${sameSite}${maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`}`;
