const sessionCookie = '__Host-Http-session';

/**
 * Signs in as a browser does, at an identity provider that only wants a click on a link.
 * @param origin the portal's
 * @param address sent as `x-forwarded-for`; where the portal trusts it, the sign-in counts against the limit of this address
 * @returns the session cookie, as `name=value`
 * @throws when there is no session after six redirects
 */
export async function signIn(origin: string, address?: string): Promise<string> {
  const jar = new Map<string, string>();
  const visit = async (url: string) => {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(address !== undefined && { 'x-forwarded-for': address }),
      },
      signal: AbortSignal.timeout(10_000),
    });
    for (const set of answer.headers.getSetCookie()) {
      const [pair = ''] = set.split(';', 1);
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return answer;
  };
  let next: string | null = `${origin}/auth/login?returnTo=/`;
  for (let hop = 0; next !== null && hop < 6; hop += 1) {
    const answer: Response = await visit(next);
    const location = answer.headers.get('location');
    // The provider's page has one link, back to the portal.
    const link = location ?? /href="([^"]+)"/.exec(await answer.text())?.[1]?.replaceAll('&amp;', '&');
    next = link === undefined ? null : new URL(link, next).href;
    if (jar.has(sessionCookie)) return `${sessionCookie}=${jar.get(sessionCookie)}`;
  }
  throw new Error(`signing in at ${origin} did not work`);
}
