import { expect, test } from 'vitest';
import { newTicketFields } from '../../contract/ticket.ts';
import { busyMs } from '../testing/busy.ts';
import { accounts } from '../testing/world.ts';
import { readAnswer } from './moov.ts';
import { parseAccount, parseError, parseFaults, parseMessages, parsePageOfTickets, parseTicket } from './parse.ts';
import { readRetryAfter } from './transport.ts';

const ticket = {
  ticketID: 'e0f0c0a0-0000-4000-8000-000000000001',
  number: 7,
  title: 'T',
  contact: { email: 'a@example.com' },
  status: 'new',
  createdOn: '2026-01-02T03:04:05Z',
  updatedOn: '2026-01-02T03:04:05Z',
};

test('a ticket comes out with the listed fields alone', () => {
  expect(
    parseTicket({ ...ticket, internalNote: 'canary', contact: { email: 'a@example.com', phone: 'canary' } }),
  ).toEqual(ticket);
});

test('a field that has drifted does not hide a ticket, and an unknown status keeps its word', () => {
  expect(
    parseTicket({ ticketID: 'x', number: '12', status: 'escalated', contact: null, closedOn: null }),
  ).toMatchObject({ ticketID: 'x', number: 12, status: 'escalated', contact: { email: '' } });
});

test.each(['', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000+00:00'])(
  'a date that was never set, %j, is none',
  (unset) => {
    const read = { ...ticket, createdOn: ticket.createdOn, updatedOn: ticket.createdOn };
    const told = { ...ticket, updatedOn: unset, latestMessageOn: unset, closedOn: unset };
    expect(parseTicket(told)).toEqual(read);
    expect(parsePageOfTickets({ items: [told] })).toEqual({ items: [read] });
    expect(parseMessages([{ author: 'A', body: 'B', sentOn: unset }])?.messages).toEqual([
      { author: 'A', body: 'B', sentOn: '' },
    ]);
  },
);

test('half a surrogate pair comes out as the sign for it, which no function of a browser throws at', () => {
  const half = 'x \ud83d';
  const told = [
    parseTicket({ ...ticket, title: half, status: half, foreignID: half, contact: { email: half, name: half } }),
    parseAccount({ accountID: accounts.own, displayName: half }),
    parseError({ error: half }),
    parseFaults({ title: half, other: half }, newTicketFields),
  ];
  expect(JSON.stringify(told)).not.toContain('ud83d');
  expect(parseTicket({ ...ticket, title: half })?.title).toBe('x \ufffd');
});

test('an account and what Moov says of a refusal come without nuls, which the database would refuse with all the rest', () => {
  const told = [
    parseAccount({ accountID: accounts.own, displayName: 'a\0b', accountType: '\0' }),
    parseError({ error: 'a\0b' }),
    parseFaults({ title: 'a\0b', other: 'a\0b' }, newTicketFields),
  ];
  expect(told).toEqual([
    { accountID: accounts.own, displayName: 'ab', accountType: '' },
    'ab',
    { fields: { title: 'ab' }, error: 'ab' },
  ]);
});

test('a list of millions of entries that are none is not looked at for long, nor fills the memory', () => {
  const endless = [ticket, ...Array.from({ length: 2_000_000 }, () => 1)];
  const before = process.threadCpuUsage();
  expect(parsePageOfTickets({ items: endless, nextPage: { cursor: 'c' } })).toEqual({
    items: [ticket],
    nextPage: { cursor: 'c' },
    isPartial: true,
  });
  expect(parseMessages([{ author: 'A', body: 'B', sentOn: '' }, ...endless])?.messages).toHaveLength(1);
  expect(busyMs(before)).toBeLessThan(1_000);
});

test.each<[string, unknown[], string[], boolean]>([
  ['nothing', [{ body: 'A' }, { body: 'B' }], ['A', 'B'], false],
  ['the ticket’s own text', [{ body: null }, { body: 'B' }], ['B'], true],
  ['an answer', [{ body: 'A' }, { body: null }], ['A'], false],
  ['everything', [null, 7], [], true],
  ['nothing, being empty', [], [], false],
])(
  'of a conversation that lacks %s, the rest comes out, and whether the ticket’s own text is missing',
  (_, told, bodies, lacks) => {
    const read = parseMessages(told);
    expect([read?.messages.map(({ body }) => body), read?.lacksFirst]).toEqual([bodies, lacks]);
  },
);

test('a list of 1,000 tickets, as many as Moov gives, comes out whole, whether all of them are as documented or not', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => ({ ...ticket, ticketID: `t-${index}` }));
  expect(parsePageOfTickets({ items: many })?.items).toHaveLength(1_000);
  expect(parsePageOfTickets({ items: many.with(0, { ...ticket, title: '\ud800' }) })?.items).toHaveLength(1_000);
  expect(parseMessages(many.map(({ title }) => ({ author: 'A', body: title, sentOn: '' })))?.messages).toHaveLength(
    1_000,
  );
});

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['an empty status', { status: '' }, { status: 'new' }],
  ['an empty foreign id', { foreignID: '' }, {}],
  ['a number that is none', { number: 1.5 }, { number: 0 }],
  ['half a surrogate pair for a title', { title: '\ud800' }, { title: '\ufffd' }],
  ['half a surrogate pair in a date', { latestMessageOn: '\ud800' }, { latestMessageOn: '\ufffd' }],
  ['half a surrogate pair in an address', { contact: { email: '\ud800' } }, { contact: { email: '\ufffd' } }],
  ['no time at which it was created', { createdOn: null }, {}],
  ['a time of creation that was never set', { createdOn: '0001-01-01T00:00:00Z' }, {}],
  ['a time of change that was never set', { updatedOn: '' }, {}],
])('a ticket with %s reads the same alone and in a list', (_, given, expected) => {
  expect(parseTicket({ ...ticket, ...given })).toEqual({ ...ticket, ...expected });
  expect(parsePageOfTickets({ items: [{ ...ticket, ...given }] })).toEqual({ items: [{ ...ticket, ...expected }] });
});

test('a ticket without any time counts as created and changed now, so that it can be sorted', () => {
  const before = new Date().toISOString();
  const { createdOn = '', updatedOn } = parseTicket({ ticketID: 'x' }) ?? {};
  expect(createdOn >= before && createdOn <= new Date().toISOString()).toBe(true);
  expect(updatedOn).toBe(createdOn);
});

test('one unreadable entry does not hide the rest of a list', () => {
  expect(parsePageOfTickets({ items: [ticket, { nothing: true }, null], nextPage: null })).toEqual({
    items: [ticket],
    isPartial: true,
  });
});

test.each(['', '\ud800', 'a\0b', 'a b', 'ä', 'a\r\nset-cookie: x=y', 'x'.repeat(201)])(
  'an id that no address and no database could hold, %j, is none',
  (id) => {
    expect(parseTicket({ ...ticket, ticketID: id })).toBeUndefined();
    expect(parsePageOfTickets({ items: [{ ...ticket, ticketID: id }, ticket] })).toEqual({
      items: [ticket],
      isPartial: true,
    });
    expect(parseAccount({ accountID: id })).toBeUndefined();
  },
);

test('an account is known by its UUID alone, and by a name that fits on a page', () => {
  expect(parseAccount({ accountID: '<img src=x onerror=alert(1)>' })).toBeUndefined();
  expect(parseAccount({ accountID: accounts.own, displayName: 'x'.repeat(100_000) })?.displayName).toHaveLength(1000);
  const halved = parseAccount({ accountID: accounts.own, displayName: `${'x'.repeat(999)}😀` });
  expect(halved?.displayName).toBe(`${'x'.repeat(999)}\ufffd`);
});

test('one unreadable message does not hide the rest of a conversation, nor a message whose author or time has drifted', () => {
  const message = { author: 'Mel', body: '<p>x</p>', sentOn: '2026-01-02T03:04:05Z' };
  const odd = [null, 'x', 7, [], {}, { ...message, body: null }];
  expect(parseMessages([...odd, { ...message, more: 1 }, { body: 'y', author: null }])?.messages).toEqual([
    message,
    { author: '', body: 'y', sentOn: '' },
  ]);
  expect(parseMessages({ items: [message] })).toBeUndefined();
  expect(parseMessages(null)?.messages, 'a list that was never filled').toEqual([]);
});

test('a page whose way to the next one has drifted is the last one, of what can be read, and says that it is not all', () => {
  for (const cursor of ['', null]) {
    expect(parsePageOfTickets({ items: [ticket], nextPage: { cursor } })).toEqual({ items: [ticket] });
  }
  for (const nextPage of [null, '', {}, { cursor: '', more: false }, { count: 200, more: false, after: null }])
    expect(parsePageOfTickets({ items: null, nextPage })).toEqual({ items: [] });
  for (const none of [{}, { items: null, total: 0 }]) expect(parsePageOfTickets(none)).toEqual({ items: [] });
  for (const nextPage of [{ cursor: 7 }, { after: 'c' }, { more: true }, 'c', 7]) {
    expect(parsePageOfTickets({ items: [ticket], nextPage })).toEqual({ items: [ticket], isPartial: true });
  }
  expect(parsePageOfTickets({ items: [], nextPage: 'c' })).toEqual({ items: [], isPartial: true });
});

test('a list that is none, or of which nothing can be read, is told apart from an empty one', () => {
  const nothing = { items: [{ id: ticket.ticketID }, null] };
  for (const none of ['<html>', { items: 'none' }, { items: {} }, { tickets: [ticket] }, nothing])
    expect(parsePageOfTickets(none)).toBeUndefined();
  expect(parsePageOfTickets({ items: [] })).toEqual({ items: [] });
});

test.each<[string, unknown, Record<string, string>, string?]>([
  [
    'as documented',
    { title: 'No title.', contact: { email: 'No email.', name: 'Too long.' }, foreignID: 'Bad.', author: null },
    { title: 'No title.', 'contact.email': 'No email.', 'contact.name': 'Too long.', foreignID: 'Bad.' },
  ],
  ['in a list', { title: ['Too short.', 'Too vague.', ''] }, { title: 'Too short. Too vague.' }],
  ['in an object', { title: { message: 'Too short.', code: 'too_short' } }, { title: 'Too short.' }],
  [
    'in an object of a group',
    { contact: { message: 'Wrong.', code: 'c', name: 'Missing' } },
    { 'contact.email': 'Wrong.', 'contact.name': 'Missing' },
  ],
  ['about a group', { contact: 'Contact is required.' }, { 'contact.email': 'Contact is required.' }],
  ['in an error', { error: { title: 'Too short.' } }, { title: 'Too short.' }],
  ['under a dotted path', { errors: [{ 'contact.email': ['No.'] }] }, { 'contact.email': 'No.' }],
  ['below a field', { body: { html: ['Not allowed.'] } }, { body: 'Not allowed.' }],
  ['about no field', { error: 'bad', contact: { phone: 'Missing.' }, priority: ['Low.'] }, {}, 'bad Missing. Low.'],
  ['with one for all', { message: 'Invalid.', title: 'Short' }, { title: 'Short' }, 'Invalid.'],
  ['with one for all, and an error', { message: 'Invalid.', error: 'Because.' }, {}, 'Invalid. Because.'],
  ['with a list of messages', { x: { message: ['Wrong.'], reason: 'Because.' } }, {}, 'Wrong. Because.'],
  ['with more inside', { title: { message: 'Too short.', more: ['Say what.'] } }, { title: 'Too short. Say what.' }],
  ['deep inside', { errors: { ticket: { draft: [{ fields: { title: 'Too short.' } }] } } }, { title: 'Too short.' }],
  ['with names beside', { errors: [{ field: 'title', message: 'Too short.' }] }, {}, 'Too short.'],
  ['in a list alone', ['Not so.', 'Not so.'], {}, 'Not so.'],
  ['as a text', 'Not so.', {}, 'Not so.'],
  ['with what is none', { title: 7, body: '  ', ['__proto__']: true, constructor: null }, {}],
  ['as nothing', undefined, {}],
])("each sentence of a 422 of Moov's stands under its field, or is told for all: %s", (_, json, fields, error) => {
  expect(parseFaults(json, newTicketFields)).toEqual({ fields, ...(error !== undefined && { error }) });
});

test('a 422 without end is told in part', () => {
  let deep: unknown = 'Too deep.';
  for (let depth = 0; depth < 10_000; depth += 1) deep = { title: deep };
  const { fields, error } = parseFaults({ deep, title: 'x'.repeat(100_000), many: Array(100_000).fill('y') }, [
    'title',
  ]);
  expect(fields.title).toHaveLength(2000);
  expect(error).toBe('y');
});

test('of a great many sentences of a 422 the first fifty are told, and of an endless one of another refusal the beginning', () => {
  const sentences = Array.from({ length: 60 }, (_, index) => `s${index}.`);
  expect(parseFaults(sentences, newTicketFields)).toEqual({ fields: {}, error: sentences.slice(0, 50).join(' ') });
  expect(parseError({ error: 'x'.repeat(100_000) })).toHaveLength(2000);
});

test('an account and an error come out, or nothing', () => {
  const accountID = accounts.own.toUpperCase();
  expect(parseAccount({ accountID, displayName: '  ' })).toEqual({ accountID: accounts.own });
  expect(parseAccount({ accountID, displayName: '', accountType: 'business', secret: 1 })).toEqual({
    accountID: accounts.own,
    accountType: 'business',
  });
  expect(parseError({ error: 'Because.' })).toBe('Because.');
  for (const nothing of ['Because.', { error: '' }, { error: ' ' }]) expect(parseError(nothing)).toBeUndefined();
});

const answer = (status: number, json: unknown = undefined) =>
  readAnswer({ status, json, upstreamRequestID: 'up' }, () => undefined);

test.each([
  [400, { kind: 'refused', status: 400, error: 'Because.' }],
  [403, { kind: 'refused', status: 403 }],
  [404, { kind: 'refused', status: 404 }],
  [409, { kind: 'refused', status: 409 }],
  [422, { kind: 'refused', status: 422, fields: {}, error: 'Because.' }],
  [401, { kind: 'unclear', reason: 'unauthorized', mayHaveArrived: false }],
  [429, { kind: 'unclear', reason: 'rate-limited', mayHaveArrived: false }],
  [500, { kind: 'unclear', reason: 'unavailable', mayHaveArrived: true }],
  [503, { kind: 'unclear', reason: 'unavailable', mayHaveArrived: true }],
  [504, { kind: 'unclear', reason: 'timeout', mayHaveArrived: true }],
  [408, { kind: 'unclear', reason: 'timeout', mayHaveArrived: true }],
  [425, { kind: 'unclear', reason: 'timeout', mayHaveArrived: true }],
  [302, { kind: 'unclear', reason: 'unavailable', mayHaveArrived: true }],
  [200, { kind: 'unclear', reason: 'unreadable', mayHaveArrived: true }],
])('an answer %i is read for what it says about the request', (status, outcome) => {
  expect(answer(status, { error: 'Because.' })).toMatchObject({ ...outcome, upstreamRequestID: 'up' });
});

test.each([200, 201, 202, 204])('an answer %i is a success, which names the call', (status) => {
  const answered = readAnswer({ status, json: undefined, upstreamRequestID: 'up' }, () => 'read');
  expect(answered).toEqual({ kind: 'ok', value: 'read', upstreamRequestID: 'up' });
});

test('how long to wait is read in seconds, as a date and as a timestamp, from whichever header tells it', () => {
  for (const header of ['retry-after', 'x-ratelimit-reset', 'ratelimit-reset', 'x-retry-after'])
    expect(readRetryAfter({ [header]: '3' })).toBe(3000);
  expect(readRetryAfter({ 'retry-after': new Date(Date.now() + 10_000).toUTCString() })).toBeGreaterThan(8_000);
  expect(readRetryAfter({ 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 10) })).toBeGreaterThan(8_000);
  expect(readRetryAfter({ 'retry-after': 'soon' })).toBeUndefined();
  expect(readRetryAfter({})).toBeUndefined();
  expect(readRetryAfter({ 'retry-after': '99999999999999999' })).toBe(3_600_000);
});

test.each([
  ['0'],
  ['-5'],
  [''],
  ['0.2'],
  [new Date(Date.now() - 10_000).toUTCString()],
  [String(Math.floor(Date.now() / 1000) - 10)],
])('a Retry-After of %j asks for no wait, so that the pauses grow as without it', (value) => {
  expect(readRetryAfter({ 'retry-after': value })).toBeUndefined();
});
