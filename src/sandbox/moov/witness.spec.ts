import { MoovCore } from '@moovio/sdk/core.js';
import { accountsGet } from '@moovio/sdk/funcs/accountsGet.js';
import { accountsList } from '@moovio/sdk/funcs/accountsList.js';
import { authenticationCreateAccessToken } from '@moovio/sdk/funcs/authenticationCreateAccessToken.js';
import { authenticationRevokeAccessToken } from '@moovio/sdk/funcs/authenticationRevokeAccessToken.js';
import { supportCreateTicket } from '@moovio/sdk/funcs/supportCreateTicket.js';
import { supportGetTicket } from '@moovio/sdk/funcs/supportGetTicket.js';
import { supportListTicketMessages } from '@moovio/sdk/funcs/supportListTicketMessages.js';
import { supportListTickets } from '@moovio/sdk/funcs/supportListTickets.js';
import { supportUpdateTicket } from '@moovio/sdk/funcs/supportUpdateTicket.js';
import { HTTPClient } from '@moovio/sdk/lib/http.js';
import { APIError } from '@moovio/sdk/models/errors/apierror.js';
import { CreateTicketError } from '@moovio/sdk/models/errors/createticketerror.js';
import { GenericError } from '@moovio/sdk/models/errors/genericerror.js';
import { ConnectionError } from '@moovio/sdk/models/errors/httpclienterrors.js';
import { ResponseValidationError } from '@moovio/sdk/models/errors/responsevalidationerror.js';
import { UpdateTicketError } from '@moovio/sdk/models/errors/updateticketerror.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sandboxKeys } from '../keys.ts';
import { accountIDs } from '../people.ts';
import { createMoov } from './app.ts';

/*
 * The official SDK is an independent witness. It is generated from Moov's own description of v2026.01.00 and has strict parsers. So an
 * answer of the stand-in that it reads without an error has the same shape as Moov's.
 */
const moov = createMoov({ requestsPerSecond: 1_000 });
let served: Awaited<ReturnType<typeof moov.listen>>;
/** The SDK with the key pair, as a server uses it in Moov's samples. */
let withKey: MoovCore;
beforeAll(async () => {
  served = await moov.listen();
  withKey = new MoovCore({
    serverURL: served.url,
    security: { username: sandboxKeys.publicKey, password: sandboxKeys.secretKey },
  });
});
afterAll(() => served.stop());

/** The SDK with these headers: 26.2.0 has no option for a bearer token. */
function withHeaders(headers: Record<string, string>) {
  const httpClient = new HTTPClient();
  httpClient.addHook('beforeRequest', (request) => {
    const changed = new Request(request);
    for (const [name, value] of Object.entries(headers)) changed.headers.set(name, value);
    return changed;
  });
  return new MoovCore({
    serverURL: served.url,
    security: { username: sandboxKeys.publicKey, password: sandboxKeys.secretKey },
    httpClient,
  });
}
const withOrigin = () => withHeaders({ origin: sandboxKeys.origin });

async function withToken(...scopes: string[]) {
  const minted = await authenticationCreateAccessToken(withOrigin(), {
    grantType: 'client_credentials',
    scope: scopes.join(' '),
  });
  if (!minted.ok) throw minted.error;
  return withHeaders({
    authorization: `Bearer ${minted.value.result.accessToken}`,
    origin: sandboxKeys.origin,
  });
}

const accountID = accountIDs.lanternBooks;
const contact = { email: 'Melany.Roberts@yahoo.com' };
const sample = { title: '<value>', body: '<value>', contact };
const file = (title: string, client = withKey) =>
  supportCreateTicket(client, { accountID, createTicket: { ...sample, title } });
/** The HTTP status of a refusal that has no body. */
async function bareStatus(call: PromiseLike<{ ok: boolean; error?: unknown }>) {
  const { error } = await call;
  if (!(error instanceof APIError)) throw new Error(`not an APIError: ${error}`);
  expect(error.body).toBe('');
  expect(error.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  return error.statusCode;
}

describe('tickets', () => {
  test('the sample of the reference page runs as it stands', async () => {
    const created = await supportCreateTicket(withKey, {
      accountID: '4af4784a-c777-48f6-8211-063d5341f84b',
      createTicket: { title: '<value>', body: '<value>', contact: { email: 'Melany.Roberts@yahoo.com' } },
    });
    expect(created.value?.result).toMatchObject({ title: '<value>', status: 'new', contact });
    expect(created.value?.headers['x-request-id']).toHaveLength(1);
  });

  test('a ticket with every field is created, read back, with its author on the first message', async () => {
    const created = await supportCreateTicket(withKey, {
      accountID,
      createTicket: {
        title: 'Every field',
        body: '<p>A <strong>body</strong>.</p>',
        author: 'A. Uthor',
        contact: { email: 'c@example.com', name: 'C. Ontact' },
        foreignID: 'every-field',
      },
    });
    if (!created.ok) throw created.error;
    const { ticketID, number, createdOn } = created.value.result;
    expect(created.value.result).toMatchObject({
      title: 'Every field',
      status: 'new',
      contact: { email: 'c@example.com', name: 'C. Ontact' },
      foreignID: 'every-field',
    });
    expect(Number.isInteger(number)).toBe(true);

    const read = await supportGetTicket(withKey, { accountID, ticketID });
    expect(read.value?.result).toEqual(created.value.result);
    const messages = await supportListTicketMessages(withKey, { accountID, ticketID });
    expect(messages.value?.result).toEqual([
      { author: 'A. Uthor', body: '<p>A <strong>body</strong>.</p>', sentOn: createdOn },
    ]);
  });

  test('seeded conversations are read, oldest message first', async () => {
    const listed = await supportListTickets(withKey, { accountID: accountIDs.wholeBodyFitness, foreignID: 'WBF-1042' });
    const [ticket] = listed.value?.result.items ?? [];
    const messages = await supportListTicketMessages(withKey, {
      accountID: accountIDs.wholeBodyFitness,
      ticketID: ticket?.ticketID ?? '',
    });
    const sent = (messages.value?.result ?? []).map(({ sentOn }) => sentOn.getTime());
    expect(sent).toHaveLength(3);
    expect(sent).toEqual(sent.toSorted((one, other) => one - other));
  });

  test('a list is newest first and goes on from cursor to cursor; the last page has no next one', async () => {
    for (let index = 1; index <= 5; index += 1) await file(`Page ${index}`);
    const titles: string[] = [];
    let cursor: string | undefined;
    do {
      const listed = await supportListTickets(withKey, { accountID, count: 2, cursor });
      if (!listed.ok) throw listed.error;
      const { items, nextPage } = listed.value.result;
      expect(items.length).toBeLessThanOrEqual(2);
      titles.push(...items.map(({ title }) => title));
      cursor = nextPage?.cursor;
    } while (cursor !== undefined);
    expect(titles.slice(0, 5)).toEqual(['Page 5', 'Page 4', 'Page 3', 'Page 2', 'Page 1']);
    expect(titles).toHaveLength(moov.store.tickets(accountID).length);
  });

  test('a list is filtered by status and by foreignID', async () => {
    const closed = await supportListTickets(withKey, { accountID: accountIDs.wholeBodyFitness, status: 'closed' });
    expect(new Set(closed.value?.result.items.map(({ status }) => status))).toEqual(new Set(['closed']));
    const one = await supportListTickets(withKey, { accountID: accountIDs.wholeBodyFitness, foreignID: 'WBF-1017' });
    expect(one.value?.result.items.map(({ foreignID }) => foreignID)).toEqual(['WBF-1017']);
  });

  test('a ticket is closed once; closing it again is a conflict', async () => {
    const created = await file('To be closed');
    const ticketID = created.value?.result.ticketID ?? '';
    const close = () => supportUpdateTicket(withKey, { accountID, ticketID, updateTicket: { status: 'closed' } });
    const closed = await close();
    expect(closed.value?.result.status).toBe('closed');
    expect(closed.value?.result.closedOn).toBeInstanceOf(Date);
    const { error } = await close();
    if (!(error instanceof GenericError)) throw new Error(`not a GenericError: ${error}`);
    expect(error.statusCode).toBe(409);
    expect(error.error).toBe('The ticket is closed already.');
  });

  test('any other status is refused with a sentence', async () => {
    const created = await file('Not to be reopened');
    // The SDK would not let us ask for another status.
    const httpClient = new HTTPClient();
    httpClient.addHook('beforeRequest', (request) => new Request(request, { body: '{"status":"new"}' }));
    const client = new MoovCore({
      serverURL: served.url,
      security: { username: sandboxKeys.publicKey, password: sandboxKeys.secretKey },
      httpClient,
    });
    const { error } = await supportUpdateTicket(client, {
      accountID,
      ticketID: created.value?.result.ticketID ?? '',
      updateTicket: { status: 'closed' },
    });
    if (!(error instanceof UpdateTicketError)) throw new Error(`not an UpdateTicketError: ${error}`);
    expect(error.data$.status).toBe('Status can only be set to closed.');
  });
});

describe('refusals to create', () => {
  test('400 and 409 carry a sentence', async () => {
    for (const [title, status] of [
      ['fault:400', 400],
      ['fault:409', 409],
    ] as const) {
      const { error } = await file(title);
      if (!(error instanceof GenericError)) throw new Error(`not a GenericError: ${error}`);
      expect(error.statusCode).toBe(status);
      expect(error.error).toMatch(/^[A-Z].+\.$/);
    }
  });

  test.each([401, 403, 404, 429, 500, 504])('%i has no body', async (status) => {
    expect(await bareStatus(file(`fault:${status}`))).toBe(status);
  });

  test('422 has a sentence for each of the six fields', async () => {
    const { error } = await file('fault:422 all');
    if (!(error instanceof CreateTicketError)) throw new Error(`not a CreateTicketError: ${error}`);
    const { title, body, author, contact: person, foreignID } = error.data$;
    for (const sentence of [title, body, author, person?.email, person?.name, foreignID])
      expect(sentence).toMatch(/^[A-Z].+\.$/);
  });

  test('422 of the rules names the fields at fault and no others', async () => {
    const { error } = await supportCreateTicket(withKey, {
      accountID,
      createTicket: {
        title: ' ',
        body: '<p></p>',
        contact: { email: 'nobody', name: 'N' },
        foreignID: 'f'.repeat(101),
      },
    });
    if (!(error instanceof CreateTicketError)) throw new Error(`not a CreateTicketError: ${error}`);
    // The whole answer: the SDK's own `.body` of this error is the text that came over the wire.
    expect(JSON.parse(error.body)).toEqual({
      title: 'Title is required.',
      body: 'Body is required.',
      contact: { email: 'Contact email must be a complete address, like name@example.com.' },
      foreignID: 'Foreign ID must be 100 characters or fewer.',
    });
  });

  test('an answer that has drifted is not parsed, and the ticket exists', async () => {
    const { error } = await file('fault:drift');
    expect(error).toBeInstanceOf(ResponseValidationError);
    expect(moov.store.tickets(accountID).filter(({ ticket }) => ticket.title === 'fault:drift')).toHaveLength(1);
  });

  test('a connection that is cut after the work leaves a ticket, one that is cut before leaves none', async () => {
    for (const [title, tickets] of [
      ['fault:drop-after', 1],
      ['fault:drop-before', 0],
    ] as const) {
      expect((await file(title)).error).toBeInstanceOf(ConnectionError);
      expect(moov.store.tickets(accountID).filter(({ ticket }) => ticket.title === title)).toHaveLength(tickets);
    }
  });
});

describe('tokens and accounts', () => {
  test('a token with the account’s own scope files, one without it may not', async () => {
    const filed = await file('By token', await withToken(`/accounts/${accountID}/tickets.write`));
    expect(filed.value?.result.title).toBe('By token');
    expect(await bareStatus(file('By token', await withToken(`/accounts/${accountID}/tickets.read`)))).toBe(403);
  });

  test('a token can be refreshed and revoked', async () => {
    const minted = await authenticationCreateAccessToken(withOrigin(), {
      grantType: 'client_credentials',
      scope: '/accounts.read',
    });
    if (!minted.ok) throw minted.error;
    const { refreshToken, accessToken } = minted.value.result;
    const refreshed = await authenticationCreateAccessToken(withOrigin(), { grantType: 'refresh_token', refreshToken });
    expect(refreshed.value?.result.scope).toBe('/accounts.read');

    const revoked = await authenticationRevokeAccessToken(withOrigin(), { token: accessToken });
    expect(revoked.ok).toBe(true);
    const client = withHeaders({ authorization: `Bearer ${accessToken}`, origin: sandboxKeys.origin });
    expect(await bareStatus(accountsList(client, {}))).toBe(401);
  });

  test('connected accounts are listed, searched and paged', async () => {
    const client = await withToken('/accounts.read');
    const all = await accountsList(client, {});
    const names = all.value?.result.map(({ displayName }) => displayName) ?? [];
    expect(names).toHaveLength(13);
    expect(names).not.toContain('Rival Outfitters');
    expect(names).not.toContain('Old Mill Theater');
    const found = await accountsList(client, { name: 'bakery' });
    expect(found.value?.result.map((account) => account.accountID)).toEqual([accountIDs.cornerBakery]);
    const second = await accountsList(client, { skip: 1, count: 1 });
    expect(second.value?.result.map(({ displayName }) => displayName)).toEqual([names[1]]);
    const gone = await accountsList(client, { includeDisconnected: true });
    expect(gone.value?.result.map(({ displayName }) => displayName)).toContain('Old Mill Theater');
    const byReference = await accountsList(client, { foreignID: 'wbf-001', email: 'Melany.Roberts@yahoo.com' });
    expect(byReference.value?.result.map(({ displayName }) => displayName)).toEqual(['Whole Body Fitness']);
    const people = await accountsList(client, { type: 'individual' });
    expect(people.value?.result.map(({ displayName }) => displayName)).toEqual(['Dana Whitfield']);
  });

  test('an account is read with its own scope', async () => {
    const client = await withToken(`/accounts/${accountID}/profile.read`);
    expect((await accountsGet(client, { accountID })).value?.result.displayName).toBe('Lantern Books');
    expect(await bareStatus(accountsGet(client, { accountID: accountIDs.cornerBakery }))).toBe(403);
  });
});

describe('what the SDK sends', () => {
  test('is recorded, with the version it was made for', async () => {
    moov.clearReceived();
    await file('Recorded');
    const [call] = moov.received;
    expect(call).toMatchObject({
      method: 'POST',
      path: `/accounts/${accountID}/tickets`,
      auth: 'basic',
      scopes: undefined,
      status: 200,
      body: { title: 'Recorded', contact },
    });
    expect(call?.headers['x-moov-version']).toBe('v2026.01.00');
    expect(call?.headers).not.toHaveProperty('origin');
  });
});
