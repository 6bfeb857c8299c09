import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basicOf, bodyOf, type Listening, listen } from './listen.ts';

type Json = Record<string, unknown>;

/** A request to create a ticket that the other API has accepted, with the scopes of its token. */
export type Taken = { accountID: string; body: Json; scopes: string[]; headers: IncomingMessage['headers'] };

/**
 * A second Moov API that shares no code with the sandbox's. It is written from the reference page for creating a ticket and from those
 * of the neighbouring calls. It reads each rule as strictly as possible, and notes every request that breaks one in `complaints`.
 * It differs from the sandbox where the documentation allows it: `expires_in` is a timestamp (as in the TypeScript SDK), answers
 * have undocumented fields, and tickets have an unknown status.
 * @returns `taken`: the requests to create a ticket that it has accepted; and `complaints`
 */
export async function startOtherMoov(known: {
  publicKey: string;
  secretKey: string;
  /** the origin registered on the key */
  origin: string;
  partnerAccountID: string;
  accounts: { accountID: string; displayName: string }[];
}): Promise<Listening & { taken: Taken[]; complaints: string[] }> {
  const taken: Taken[] = [];
  const complaints: string[] = [];
  const tokens = new Map<string, string[]>();
  const tickets = new Map<string, { ticket: Json; messages: Json[] }[]>(
    known.accounts.map(({ accountID }) => [accountID, []]),
  );
  let number = 70_000;

  const server = await listen((request, response) => {
    answer(request, response).catch((error: unknown) => {
      complaints.push(String(error));
      response.writeHead(500, { 'x-request-id': randomUUID() }).end();
    });
  });

  const json = (response: ServerResponse, status: number, value: unknown) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-request-id': randomUUID() })
      .end(JSON.stringify(value));
  const bare = (response: ServerResponse, status: number, why: string) => {
    complaints.push(`${status}: ${why}`);
    response.writeHead(status, { 'x-request-id': randomUUID() }).end();
  };
  const account = ({ accountID, displayName }: { accountID: string; displayName: string }) => ({
    accountID,
    displayName,
    accountType: 'business',
    mode: 'sandbox',
    profile: { business: { legalBusinessName: displayName } },
    undocumented: { since: 2031 },
  });

  async function mint(request: IncomingMessage, response: ServerResponse) {
    const type = request.headers['content-type'] ?? '';
    const text = await bodyOf(request);
    const body: Json = type.startsWith('application/json')
      ? JSON.parse(text)
      : Object.fromEntries(new URLSearchParams(text));
    const basic = basicOf(request);
    const user = basic?.user ?? body.client_id;
    const password = basic?.password ?? body.client_secret;
    if (user !== known.publicKey || password !== known.secretKey) return bare(response, 401, 'keys');
    if (body.grant_type !== 'client_credentials') return bare(response, 400, `grant_type ${body.grant_type}`);
    const scopes = String(body.scope ?? '')
      .split(' ')
      .filter((scope) => scope !== '');
    if (scopes.length === 0) return bare(response, 400, 'no scope');
    const token = randomUUID();
    tokens.set(token, scopes);
    return json(response, 200, {
      token_type: 'Bearer',
      access_token: token,
      refresh_token: randomUUID(),
      expires_in: Math.floor(Date.now() / 1000) + 900,
      scope: scopes.join(' '),
    });
  }

  /** The two documented sets of scopes for tickets: the account's own, or the partner's with the right to read the account's profile. */
  const ways = (accountID: string, right: 'tickets.read' | 'tickets.write') => [
    [`/accounts/${accountID}/${right}`],
    [`/accounts/${known.partnerAccountID}/${right}`, `/accounts/${accountID}/profile.read`],
  ];
  const same = (one: string[], two: string[]) => [...one].sort().join(' ') === [...two].sort().join(' ');

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', server.origin);
    if (request.headers['x-moov-version'] !== 'v2026.01.00')
      return bare(response, 404, `x-moov-version ${request.headers['x-moov-version']}`);
    if (request.headers.origin !== known.origin) return bare(response, 401, `origin ${request.headers.origin}`);
    if (request.headers.cookie !== undefined) complaints.push('a cookie was sent');
    if (url.pathname === '/oauth2/token' && request.method === 'POST') return mint(request, response);

    const scopes = tokens.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    if (scopes === undefined) return bare(response, 401, 'no known bearer token');
    const allowed = (...wanted: string[][]) => {
      if (wanted.some((one) => same(scopes, one))) return true;
      bare(response, 403, `${request.method} ${url.pathname} with scopes ${scopes.join(' ')}`);
      return false;
    };

    const [, accounts, accountID, noun, ticketID, messages, ...rest] = url.pathname.split('/');
    if (accounts !== 'accounts' || rest.length > 0) return bare(response, 404, url.pathname);
    if (accountID === undefined || accountID === '') {
      if (!allowed(['/accounts.read'])) return undefined;
      const skip = Number(url.searchParams.get('skip') ?? 0);
      const count = Number(url.searchParams.get('count') ?? 20);
      const name = (url.searchParams.get('name') ?? '').toLowerCase();
      const found = known.accounts.filter(({ displayName }) => displayName.toLowerCase().includes(name));
      return json(response, 200, found.slice(skip, skip + count).map(account));
    }
    const own = tickets.get(accountID);
    const about = known.accounts.find((one) => one.accountID === accountID);
    if (own === undefined || about === undefined) return bare(response, 404, url.pathname);
    if (noun === undefined) {
      if (!allowed([`/accounts/${accountID}/profile.read`])) return undefined;
      return json(response, 200, account(about));
    }
    if (noun !== 'tickets') return bare(response, 404, url.pathname);
    const right = request.method === 'GET' ? 'tickets.read' : 'tickets.write';
    if (!allowed(...ways(accountID, right))) return undefined;

    if (ticketID === undefined) {
      if (request.method === 'GET') {
        const reference = url.searchParams.get('foreignID');
        const status = url.searchParams.get('status');
        const items = own
          .map(({ ticket }) => ticket)
          .filter((ticket) => reference === null || ticket.foreignID === reference)
          .filter((ticket) => status === null || ticket.status === status)
          .reverse();
        return json(response, 200, { items });
      }
      if (request.method === 'POST') return create(accountID, scopes, request, response);
      return bare(response, 405, `${request.method} ${url.pathname}`);
    }
    const found = own.find(({ ticket }) => ticket.ticketID === ticketID);
    if (found === undefined) return bare(response, 404, url.pathname);
    if (messages === 'messages' && request.method === 'GET') return json(response, 200, found.messages);
    if (messages !== undefined) return bare(response, 404, url.pathname);
    if (request.method === 'GET') return json(response, 200, found.ticket);
    if (request.method !== 'PATCH') return bare(response, 405, `${request.method} ${url.pathname}`);
    const change: Json = JSON.parse(await bodyOf(request));
    if (!same(Object.keys(change), ['status']) || change.status !== 'closed')
      return json(response, 422, { status: 'status must be closed' });
    const now = new Date().toISOString();
    found.ticket = { ...found.ticket, status: 'closed', closedOn: now, updatedOn: now };
    return json(response, 200, found.ticket);
  }

  async function create(accountID: string, scopes: string[], request: IncomingMessage, response: ServerResponse) {
    if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
      return bare(response, 400, `content-type ${request.headers['content-type']}`);
    const body: Json = JSON.parse(await bodyOf(request));
    const fields = ['title', 'body', 'contact', 'author', 'foreignID'];
    for (const name of Object.keys(body)) if (!fields.includes(name)) complaints.push(`unknown field ${name}`);
    if (body.contact === null || typeof body.contact !== 'object')
      return json(response, 422, { contact: { email: 'email is required' } });
    for (const name of Object.keys(body.contact))
      if (name !== 'email' && name !== 'name') complaints.push(`unknown field contact.${name}`);
    taken.push({ accountID, body, scopes, headers: request.headers });
    const now = new Date().toISOString();
    number += 1;
    const ticket = {
      ticketID: randomUUID(),
      number,
      title: body.title,
      contact: body.contact,
      status: 'waiting-for-parts',
      createdOn: now,
      updatedOn: now,
      ...(body.foreignID === undefined ? {} : { foreignID: body.foreignID }),
      undocumented: ['yes'],
    };
    tickets.get(accountID)?.push({ ticket, messages: [{ author: body.author, body: body.body, sentOn: now }] });
    return json(response, 200, ticket);
  }

  return { ...server, taken, complaints };
}
