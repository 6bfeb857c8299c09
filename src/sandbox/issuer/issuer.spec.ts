import { createServer } from 'node:http';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { people } from '../people.ts';
import { startIssuer } from './issuer.ts';

const redirectURI = 'http://localhost:9/auth/callback';
const signedOutURI = 'http://localhost:9/signed-out';
const told: string[] = [];
const listener = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  request.on('end', () => {
    told.push(new URLSearchParams(text).get('logout_token') ?? '');
    response.writeHead(204).end();
  });
});
let issuer: Awaited<ReturnType<typeof startIssuer>>;
let client: oidc.Configuration;

beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  issuer = await startIssuer({
    port: 0,
    people,
    clients: [
      {
        clientID: 'support-portal',
        clientSecret: 'a-secret',
        redirectURIs: [redirectURI],
        postLogoutRedirectURIs: [signedOutURI],
        backchannelLogoutURI: `http://127.0.0.1:${address.port}/told`,
      },
    ],
  });
  client = await oidc.discovery(new URL(issuer.url), 'support-portal', undefined, oidc.ClientSecretBasic('a-secret'), {
    execute: [oidc.allowInsecureRequests],
  });
});
afterAll(async () => {
  await issuer.stop();
  listener.close();
});

/** As much of a browser as signing in needs: cookies, and redirects that are followed until they leave the provider. */
function browser() {
  const cookies = new Map<string, string>();
  async function go(
    address: string | URL,
    init: RequestInit = {},
  ): Promise<{ url: URL; page: string; status: number }> {
    let url = new URL(address, issuer.url);
    let request: RequestInit = init;
    for (;;) {
      if (url.origin !== issuer.url) return { url, page: '', status: 0 };
      const answer = await fetch(url, {
        ...request,
        redirect: 'manual',
        headers: {
          ...request.headers,
          accept: 'text/html',
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      });
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (name === undefined || value === undefined) continue;
        if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
        else cookies.set(name, value);
      }
      const location = answer.headers.get('location');
      if (location === null) return { url, page: await answer.text(), status: answer.status };
      url = new URL(location, url);
      request = {};
    }
  }
  const post = (address: string | URL, fields: Record<string, string>) =>
    go(address, { method: 'POST', body: new URLSearchParams(fields) });
  /** Presses the button of a page that posts a form by itself. */
  const submitForm = (page: string, fields: Record<string, string> = {}) => {
    const action = /action="([^"]+)"/.exec(page)?.[1] ?? '';
    const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, value],
    );
    return post(action, { ...Object.fromEntries(hidden), ...fields });
  };
  return { go, post, submitForm };
}

async function begin(extra: Record<string, string> = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const address = oidc.buildAuthorizationUrl(client, {
    redirect_uri: redirectURI,
    scope: 'openid profile email',
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...extra,
  });
  const complete = (url: URL) =>
    oidc.authorizationCodeGrant(client, url, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
  return { address, complete };
}

/** Signs in as this person; gives the tokens. */
async function signIn(visitor: ReturnType<typeof browser>, person: string) {
  const { address, complete } = await begin();
  const asked = await visitor.go(address);
  let end = await visitor.post(asked.url, { person });
  // If somebody else was signed in, the provider signs them out first, with a form that posts itself.
  if (end.page !== '') end = await visitor.submitForm(end.page);
  return complete(end.url);
}

describe('signing in', () => {
  test('a person sees one button for each demo person, by name', async () => {
    const { address } = await begin();
    const { page, status } = await browser().go(address);
    expect(status).toBe(200);
    for (const { id, name } of people) expect(page).toContain(`value="${id}"><strong>${name}</strong>`);
  });

  test('a merchant’s id_token tells name, email, role and account', async () => {
    const tokens = await signIn(browser(), 'mel-roberts');
    expect(tokens.claims()).toMatchObject({
      sub: 'mel-roberts',
      name: 'Mel Roberts',
      email: 'melany.roberts@yahoo.com',
      moov_role: 'merchant',
      moov_account_id: '4af4784a-c777-48f6-8211-063d5341f84b',
    });
  });

  test('user info tells the same', async () => {
    const tokens = await signIn(browser(), 'pat-nguyen');
    const info = await oidc.fetchUserInfo(client, tokens.access_token, 'pat-nguyen');
    expect(info).toMatchObject({ name: 'Pat Nguyen', moov_role: 'partner' });
    expect(info).not.toHaveProperty('moov_account_id');
  });

  test('someone without claims signs in with a name and an email alone', async () => {
    const claims = (await signIn(browser(), 'robin-vale')).claims();
    expect(claims).toMatchObject({ name: 'Robin Vale', email: 'robin.vale@example.com' });
    expect(claims).not.toHaveProperty('moov_role');
    expect(claims).not.toHaveProperty('moov_account_id');
  });

  test('the page is shown again to someone who is signed in, and another person can be chosen', async () => {
    const visitor = browser();
    expect((await signIn(visitor, 'mel-roberts')).claims()?.sub).toBe('mel-roberts');
    expect((await signIn(visitor, 'mel-roberts')).claims()?.sub).toBe('mel-roberts');
    expect((await signIn(visitor, 'pat-nguyen')).claims()?.sub).toBe('pat-nguyen');
  });

  test('cancelling goes back to the portal with access_denied', async () => {
    const visitor = browser();
    const { address } = await begin();
    const { url } = await visitor.post((await visitor.go(address)).url, { cancel: 'yes' });
    expect(url.searchParams.get('error')).toBe('access_denied');
  });

  test('a sign-in page of another browser is refused with a page for people', async () => {
    const { address } = await begin();
    const { url } = await browser().go(address);
    const { status, page } = await browser().go(url);
    expect(status).toBe(400);
    expect(page).toContain('This sign-in cannot go on');
  });

  test('PKCE is required', async () => {
    const { address } = await begin();
    address.searchParams.delete('code_challenge');
    address.searchParams.delete('code_challenge_method');
    const { url } = await browser().go(address);
    expect(url.searchParams.get('error')).toBe('invalid_request');
  });

  test('a redirect address that is not registered is refused', async () => {
    const { address } = await begin({ redirect_uri: 'http://localhost:9/elsewhere' });
    const { status, page } = await browser().go(address);
    expect(status).toBe(400);
    expect(page).toContain('redirect_uri');
  });
});

describe('signing out', () => {
  test('without an id_token one is signed out, sent back to the portal, and the portal is told behind the scenes', async () => {
    const visitor = browser();
    await signIn(visitor, 'mel-roberts');
    told.length = 0;
    const page = await visitor.go(oidc.buildEndSessionUrl(client, { post_logout_redirect_uri: signedOutURI }));
    expect(page.page).toContain('src="/sign-out.js"');
    const { url } = await visitor.submitForm(page.page, { logout: 'yes' });
    expect(url.href).toBe(signedOutURI);

    const [token = ''] = told;
    expect(decodeProtectedHeader(token).typ).toBe('logout+jwt');
    expect(decodeJwt(token)).toMatchObject({ iss: issuer.url, aud: 'support-portal', sub: 'mel-roberts' });
  });

  test('the page of signing out runs its own script and nothing else', async () => {
    const answer = await fetch(`${issuer.url}/sign-out.js`);
    expect(answer.headers.get('content-type')).toContain('text/javascript');
    expect(await answer.text()).toContain('sign-out');
  });
});
