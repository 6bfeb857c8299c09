/** The code of an error (`ECONNREFUSED`, `OAUTH_TIMEOUT`, `57P03`), as Node and many libraries give it; undefined if it has none. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
