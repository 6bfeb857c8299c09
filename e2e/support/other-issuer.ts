import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { basicOf, bodyOf, type Listening, listen } from './listen.ts';

/** A person at the other provider. `claims` holds the role and the account, which only the user-info answer has. */
type OtherPerson = { sub: string; name: string; email: string; claims: Record<string, unknown> };

type Grant = { person: OtherPerson; redirectURI: string; nonce: string | undefined; challenge: string; scope: string };

/**
 * An OpenID Connect provider that shares no code with the sandbox's. It is written from OpenID Connect Core 1.0, Discovery 1.0,
 * RFC 6749 and RFC 7636, and differs from the sandbox's wherever the standards allow it: its issuer has a path; it accepts the
 * client's secret only by Basic authentication (the default of a provider that names no method: Discovery, section 3); it signs
 * with one of two published keys; its id_token says nothing of the person but `sub`; and it has no `end_session_endpoint`.
 * @returns `issuer`, and `complaints`: a sentence for each request that broke a rule
 */
export async function startOtherIssuer(client: {
  id: string;
  secret: string;
  redirectURI: string;
  person: OtherPerson;
}): Promise<Listening & { issuer: string; complaints: string[] }> {
  const base = '/tenants/blue';
  const complaints: string[] = [];
  const old = await generateKeyPair('RS256');
  const current = await generateKeyPair('RS256');
  const published = {
    keys: [
      { ...(await exportJWK(old.publicKey)), kid: 'old', use: 'sig', alg: 'RS256' },
      { ...(await exportJWK(current.publicKey)), kid: 'current', use: 'sig', alg: 'RS256' },
    ],
  };
  const codes = new Map<string, Grant>();
  const tokens = new Map<string, OtherPerson>();

  const server = await listen((request, response) => {
    answer(request, response).catch((error: unknown) => {
      complaints.push(String(error));
      response.writeHead(500).end();
    });
  });
  const issuer = `${server.origin}${base}`;

  const json = (response: ServerResponse, status: number, value: unknown) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(JSON.stringify(value));
  const refuse = (response: ServerResponse, status: number, error: string, why: string) => {
    complaints.push(`${error}: ${why}`);
    json(response, status, { error, error_description: why });
  };

  /** Decodes a part of the credentials: a client form-encodes both before it joins them (RFC 6749, section 2.3.1). */
  const unform = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));

  async function token(request: IncomingMessage, response: ServerResponse) {
    const given = new URLSearchParams(await bodyOf(request));
    const basic = basicOf(request);
    if (basic === undefined || given.has('client_secret'))
      return refuse(response, 401, 'invalid_client', 'this provider takes the secret by Basic authentication alone');
    if (unform(basic.user) !== client.id || unform(basic.password) !== client.secret)
      return refuse(response, 401, 'invalid_client', 'wrong client or secret');
    if (given.get('grant_type') !== 'authorization_code')
      return refuse(response, 400, 'unsupported_grant_type', String(given.get('grant_type')));
    const code = given.get('code') ?? '';
    const grant = codes.get(code);
    codes.delete(code);
    if (grant === undefined) return refuse(response, 400, 'invalid_grant', 'unknown or used code');
    if (given.get('redirect_uri') !== grant.redirectURI)
      return refuse(response, 400, 'invalid_grant', 'the redirect_uri is not the one of the request');
    const verifier = given.get('code_verifier') ?? '';
    if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier))
      return refuse(response, 400, 'invalid_grant', 'malformed code_verifier');
    if (createHash('sha256').update(verifier).digest('base64url') !== grant.challenge)
      return refuse(response, 400, 'invalid_grant', 'the code_verifier does not match');
    const idToken = await new SignJWT(grant.nonce === undefined ? {} : { nonce: grant.nonce })
      .setProtectedHeader({ alg: 'RS256', kid: 'current' })
      .setIssuer(issuer)
      .setAudience(client.id)
      .setSubject(grant.person.sub)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(current.privateKey);
    const accessToken = randomUUID();
    tokens.set(accessToken, grant.person);
    return json(response, 200, {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 300,
      scope: grant.scope,
      id_token: idToken,
    });
  }

  function authorize(url: URL, response: ServerResponse) {
    const asked = url.searchParams;
    if (asked.get('client_id') !== client.id || asked.get('redirect_uri') !== client.redirectURI)
      return refuse(response, 400, 'invalid_request', `client or redirect_uri: ${url.search}`);
    const challenge = asked.get('code_challenge') ?? '';
    const wrong = [
      asked.get('response_type') === 'code' ? '' : 'response_type',
      asked.get('scope')?.split(' ').includes('openid') ? '' : 'scope',
      asked.get('code_challenge_method') === 'S256' && challenge.length === 43 ? '' : 'code_challenge',
      asked.get('state') ? '' : 'state',
      asked.get('nonce') ? '' : 'nonce',
    ].filter((name) => name !== '');
    if (wrong.length > 0) return refuse(response, 400, 'invalid_request', wrong.join(', '));
    const code = randomUUID();
    codes.set(code, {
      person: client.person,
      redirectURI: client.redirectURI,
      nonce: asked.get('nonce') ?? undefined,
      challenge,
      scope: asked.get('scope') ?? '',
    });
    const back = new URL(client.redirectURI);
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state') ?? '');
    // A page with one link instead of a redirect: so the way back is a navigation from another site, as from a real sign-in page.
    const href = back.href.replaceAll('&', '&amp;');
    return response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end(
        `<!doctype html><html lang="en"><title>Blue sign-in</title><h1>Blue sign-in</h1><a href="${href}">Continue as ${client.person.name}</a>`,
      );
  }

  function userinfo(request: IncomingMessage, response: ServerResponse) {
    const person = tokens.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    if (person === undefined) return refuse(response, 401, 'invalid_token', 'userinfo without a known token');
    return json(response, 200, { sub: person.sub, name: person.name, email: person.email, ...person.claims });
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', server.origin);
    switch (`${request.method} ${url.pathname}`) {
      case `GET ${base}/.well-known/openid-configuration`:
        return json(response, 200, {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/me`,
          jwks_uri: `${issuer}/keys`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
          code_challenge_methods_supported: ['S256'],
        });
      case `GET ${base}/keys`:
        return json(response, 200, published);
      case `GET ${base}/authorize`:
        return authorize(url, response);
      case `POST ${base}/token`:
        return token(request, response);
      case `GET ${base}/me`:
      case `POST ${base}/me`:
        return userinfo(request, response);
      case 'GET /favicon.ico':
        return response.writeHead(204).end();
      default:
        return refuse(response, 404, 'not_found', `${request.method} ${url.pathname}`);
    }
  }

  return { ...server, issuer, complaints };
}
