import { generateKeyPair, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import Provider, { type Configuration, interactionPolicy } from 'oidc-provider';
import { listen } from '../listen.ts';
import type { Person } from '../people.ts';
import { createMemory } from './adapter.ts';
import { errorPage, pageHeaders, signedOutPage, signInPage, signOutPage, signOutScript } from './pages.ts';

/** An application that people sign in to. */
export type Client = {
  clientID: string;
  clientSecret: string;
  redirectURIs: string[];
  postLogoutRedirectURIs: string[];
  /** the address that is told when somebody signs out (OpenID Connect Back-Channel Logout 1.0) */
  backchannelLogoutURI?: string;
};

const style = await readFile(new URL('../pages.css', import.meta.url), 'utf8');
const hourSeconds = 3_600;

/** A new signing key for each start. RS256 is the algorithm that clients expect by default (OpenID Connect Core 1.0, section 15.1). */
async function signingKey() {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' };
}

/** A policy that shows the sign-in page at every sign-in, even to somebody who is signed in, so that one can become another person. */
function alwaysAsk() {
  const policy = interactionPolicy.base();
  policy
    .get('login')
    ?.checks.add(
      new interactionPolicy.Check('choose_person', 'the sandbox asks every time', 'login_required', (ctx) =>
        ctx.oidc.result?.login === undefined
          ? interactionPolicy.Check.REQUEST_PROMPT
          : interactionPolicy.Check.NO_NEED_TO_PROMPT,
      ),
    );
  return policy;
}

/**
 * The `fetch` of the provider, without the dispatcher that guards against requests into private networks: back-channel logout goes to
 * this machine, and the guard would refuse that.
 */
function fetchLocally(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { dispatcher: _, ...rest }: RequestInit & { dispatcher?: unknown } = init ?? {};
  return fetch(input, rest);
}

async function configure(clients: readonly Client[], people: readonly Person[]): Promise<Configuration> {
  const byID = new Map(people.map((person) => [person.id, person]));
  return {
    adapter: createMemory(),
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: clients.map((client) => ({
      client_id: client.clientID,
      client_secret: client.clientSecret,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris: client.redirectURIs,
      post_logout_redirect_uris: client.postLogoutRedirectURIs,
      ...(client.backchannelLogoutURI !== undefined && {
        backchannel_logout_uri: client.backchannelLogoutURI,
        backchannel_logout_session_required: true,
      }),
    })),
    clientBasedCORS: () => false,
    pkce: { required: () => true },
    responseTypes: ['code'],
    scopes: ['openid', 'profile', 'email'],
    claims: {
      openid: ['sub'],
      profile: ['name', 'moov_role', 'moov_account_id'],
      email: ['email', 'email_verified'],
    },
    // Puts the claims into the id_token too, not only into the answer of the user-info endpoint.
    conformIdTokenClaims: false,
    async findAccount(_ctx, id) {
      const person = byID.get(id);
      if (person === undefined) return undefined;
      const { name, email, role, accountID } = person;
      return {
        accountId: id,
        claims: async () => ({
          sub: id,
          name,
          email,
          email_verified: true,
          ...(role !== undefined && { moov_role: role }),
          ...(accountID !== undefined && { moov_account_id: accountID }),
        }),
      };
    },
    // No consent screen: whatever one of our clients asks for is granted.
    async loadExistingGrant(ctx) {
      const { client, session, provider, params } = ctx.oidc;
      const accountId = session?.accountId;
      if (client === undefined || accountId === undefined) return undefined;
      const grant = new provider.Grant({ accountId, clientId: client.clientId });
      grant.addOIDCScope(String(params?.scope ?? 'openid'));
      await grant.save();
      return grant;
    },
    interactions: { policy: alwaysAsk(), url: (_ctx, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        async logoutSource(ctx, form) {
          ctx.set(pageHeaders);
          ctx.body = String(await signOutPage(form));
        },
        async postLogoutSuccessSource(ctx) {
          ctx.set(pageHeaders);
          ctx.body = String(await signedOutPage());
        },
      },
    },
    async renderError(ctx, { error, error_description: description }) {
      ctx.set(pageHeaders);
      ctx.body = String(await errorPage(description ?? error));
    },
    fetch: fetchLocally,
    ttl: {
      AccessToken: hourSeconds,
      AuthorizationCode: 60,
      Grant: 12 * hourSeconds,
      IdToken: hourSeconds,
      Interaction: hourSeconds,
      Session: 12 * hourSeconds,
    },
  };
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += part;
    if (text.length > 10_000) throw new Error('the form is too long');
  }
  return new URLSearchParams(text);
}

/**
 * The stand-in for the identity provider: OpenID Connect with a sign-in page that has one button for each person.
 * @returns its request handler
 */
async function createIssuer(options: {
  issuerURL: string;
  clients: readonly Client[];
  people: readonly Person[];
}): Promise<RequestListener> {
  const { issuerURL, clients, people } = options;
  const provider = new Provider(issuerURL, await configure(clients, people));
  const handle = provider.callback();

  const answer = (response: ServerResponse, status: number, markup: unknown) =>
    response.writeHead(status, pageHeaders).end(String(markup));
  const serve = (response: ServerResponse, type: string, text: string) =>
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(text);

  /** Shows the sign-in page (GET), and completes the sign-in with the person who was chosen there (POST). */
  async function interact(request: IncomingMessage, response: ServerResponse, path: string) {
    try {
      await provider.interactionDetails(request, response);
    } catch {
      answer(response, 400, await errorPage('It took too long, or was begun in another browser.'));
      return;
    }
    if (request.method !== 'POST') {
      answer(response, 200, await signInPage(people, path));
      return;
    }
    const form = await readForm(request);
    const person = people.find(({ id }) => id === form.get('person'));
    await provider.interactionFinished(
      request,
      response,
      person === undefined
        ? { error: 'access_denied', error_description: 'The person cancelled.' }
        : { login: { accountId: person.id } },
      { mergeWithLastSubmission: false },
    );
  }

  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', issuerURL);
    if (pathname === '/pages.css') serve(response, 'text/css', style);
    else if (pathname === '/sign-out.js') serve(response, 'text/javascript', signOutScript);
    else if (pathname === '/favicon.ico') response.writeHead(204).end();
    else if (/^\/interaction\/[\w-]+$/.test(pathname))
      interact(request, response, pathname).catch(() => response.writeHead(500).end());
    else handle(request, response).catch(() => response.writeHead(500).end());
  };
}

/**
 * Starts the identity provider on loopback. It listens before the provider is made, because the provider must know its own address.
 * @param options.port 0 for a free one
 * @returns its address, its port, and `stop`
 * @throws when the port is taken (EADDRINUSE)
 */
export async function startIssuer(options: { port: number; clients: readonly Client[]; people: readonly Person[] }) {
  const server = createServer();
  const { port, stop } = await listen(server, options.port);
  // Browsers reach it as localhost, as they do the portal.
  const url = `http://localhost:${port}`;
  server.on('request', await createIssuer({ issuerURL: url, clients: options.clients, people: options.people }));
  return { url, port, stop };
}
