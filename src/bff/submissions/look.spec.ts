import { describe, expect, test } from 'vitest';
import type { Ticket } from '../../contract/ticket.ts';
import { busyMs } from '../testing/busy.ts';
import { sentSubmission } from '../testing/submission.ts';
import { earliestArrival, lookFor, textOf } from './look.ts';

test.each([
  ['<p>Where is <strong>my</strong> payout?</p>', 'Whereismypayout?'],
  ['<p>a &lt; b &amp;&nbsp;c</p>', 'a<b&c'],
  ['a < b', 'a<b'],
  ['<a title="x<y">z</a>', 'z'],
  ['one <two', 'one<two'],
  ['<p>Cafe\u0301 ﬁle</p>', 'Caféfile'],
])('the words of %j are %j', (html, words) => {
  expect(textOf(html)).toBe(words);
});

test('a message of signs that are never closed holds nobody up', () => {
  const before = process.threadCpuUsage();
  expect(textOf('<'.repeat(128 * 1024))).toHaveLength(128 * 1024);
  expect(textOf('<p>'.repeat(300_000))).toBe('');
  expect(busyMs(before)).toBeLessThan(2_000);
});

test.each([
  ['is right', 0, -3],
  ['is a minute ahead', 60_000, 57],
  ['is a minute behind', -60_000, -63],
  ['is not known', undefined, -5 * 60],
])('a ticket is looked for from when it was sent, by Moov’s clock, where that %s', (_, aheadMs, seconds) => {
  const [createdAt, firstSentAt] = [new Date('2026-05-12T10:00:00Z'), new Date('2026-05-12T10:30:00Z')];
  const moov = { clockAheadMs: () => aheadMs };
  expect(earliestArrival({ createdAt, firstSentAt }, moov) - firstSentAt.getTime()).toBe(seconds * 1_000);
  expect(earliestArrival({ createdAt, firstSentAt: undefined }, moov) - createdAt.getTime()).toBe(seconds * 1_000);
});

const sentAt = new Date('2026-05-12T10:00:00Z');
const submission = sentSubmission(sentAt, {
  payload: { title: 'Payout', body: '<p>x</p>', contact: { email: 'a@example.com' }, foreignID: 'INV-1' },
});
const ticket = (ticketID: string, seconds: number, title = 'Payout'): Ticket => {
  const createdOn = new Date(sentAt.getTime() + seconds * 1_000).toISOString();
  const contact = { email: 'a@example.com' };
  return { ticketID, number: 1, title, contact, status: 'new', createdOn, updatedOn: createdOn, foreignID: 'INV-1' };
};
/** An answer with these messages. `lacksFirst`: the ticket's own text, before them, could not be read. */
const said = (messages: { author: string; body: string }[], lacksFirst = false) => ({
  kind: 'ok' as const,
  value: { messages: messages.map((message) => ({ ...message, sentOn: '' })), lacksFirst },
});
/** Looks while Moov lists these pages. @returns the id of the ticket that is found, else the kind of the result; and the pages asked for */
async function lookThrough(
  pages: Ticket[][],
  instead: Partial<Parameters<typeof lookFor>[1] & Parameters<typeof lookFor>[2]> = {},
  sent = submission,
) {
  const asked: number[] = [];
  const parts: Parameters<typeof lookFor>[1] & Parameters<typeof lookFor>[2] = {
    clockAheadMs: () => 0,
    listTickets(_, __, { cursor = '0' }) {
      const page = Number(cursor);
      asked.push(page);
      const nextPage = { cursor: String(page + 1) };
      return Promise.resolve({ kind: 'ok', value: { items: pages[page] ?? [], nextPage } });
    },
    listMessages: async () => said([{ author: 'Mel', body: '<p>x</p>' }]),
    twinOnTheWire: () => Promise.resolve(false),
    twinLookedFor: () => Promise.resolve(false),
    twinCreated: () => Promise.resolve(false),
    claimedByOthers: () => Promise.resolve(new Set()),
    ...instead,
  };
  const found = await lookFor(sent, parts, parts);
  return { found, ticketID: found.kind === 'found' ? found.ticket.ticketID : found.kind, asked };
}

describe('a ticket with the person’s own reference', () => {
  test('is found behind a page of others with that reference', async () => {
    const { ticketID } = await lookThrough([[ticket('other', 90, 'Refund')], [ticket('own', 1)]]);
    expect(ticketID).toBe('own');
  });

  test('is found behind pages that are empty, unless three of them follow one another', async () => {
    const behind = (...pages: Ticket[][]) => lookThrough([...pages, [ticket('own', 1)]]);
    expect((await behind([], [])).ticketID).toBe('own');
    expect((await behind([], [], [ticket('other', 90, 'Refund')], [])).ticketID).toBe('own');
    expect(await behind([], [], [])).toMatchObject({ ticketID: 'not-found', asked: [0, 1, 2] });
  });

  test('is looked for no further back than it can have been filed', async () => {
    const { ticketID, asked } = await lookThrough([
      [ticket('other', 90, 'Refund')],
      [ticket('another', 30, 'Refund'), ticket('old', -60)],
    ]);
    expect([ticketID, asked]).toEqual(['not-found', [0, 1]]);
  });

  test('is found though the time at which it was created cannot be read', async () => {
    const { ticketID } = await lookThrough([[{ ...ticket('own', 1), createdOn: '1778580001' }], [ticket('old', -60)]]);
    expect(ticketID).toBe('own');
  });

  test.each([
    ['is found', 'ten minutes behind', -600, -599, 'own'],
    ['is none that came a minute before', 'right', 0, -60, 'not-found'],
  ])('%s where only the list tells that Moov’s clock is %s', async (_, __, aheadSeconds, createdSeconds, found) => {
    let aheadMs: number | undefined;
    const { ticketID } = await lookThrough([], {
      clockAheadMs: () => aheadMs,
      listTickets(___, ____, { cursor }) {
        aheadMs = aheadSeconds * 1_000;
        const newer = { items: [ticket('other', aheadSeconds + 90, 'Refund')], nextPage: { cursor: '1' } };
        const value = cursor === undefined ? newer : { items: [ticket('own', createdSeconds)] };
        return Promise.resolve({ kind: 'ok', value });
      },
    });
    expect(ticketID).toBe(found);
  });

  test('is none that another submission has, however well it fits', async () => {
    const claimedByOthers = () => Promise.resolve(new Set(['taken']));
    const { ticketID } = await lookThrough([[ticket('own', 60), ticket('taken', 1)]], { claimedByOthers });
    expect(ticketID).toBe('own');
  });

  test('is the first of two that came', async () => {
    const { ticketID } = await lookThrough([[ticket('double', 60), ticket('own', 1)], [ticket('old', -60)]]);
    expect(ticketID).toBe('own');
  });

  const long = 'The payout of the week before last is missing, and the one before that';
  test.each<[string, string, string, string]>([
    ['is the one', `${long.slice(0, 50)}...`, long, 'own'],
    ['is the one', `${long.slice(0, 53)} …`, long, 'own'],
    ['is the one', 'Payout…', 'Payout…', 'own'],
    ['is the one', 'Cafe\u0301', 'Café', 'own'],
    ['is the one', 'Bob&#39;s fees: 5 &lt; 6 &amp; &#34;more&#34;', 'Bob\'s fees: 5 < 6 & "more"', 'own'],
    ['is none', 'Bob &amp; Co', 'Bob and Co', 'not-found'],
    ['is none', `${long.slice(0, 49)}…`, long, 'not-found'],
  ])('%s whose title is listed as %j where %j was sent', async (_, listed, title, found) => {
    const payload = { title, body: '<p>x</p>', contact: { email: 'a@example.com' }, foreignID: 'INV-1' };
    const { ticketID } = await lookThrough([[ticket('own', 1, listed)]], {}, { ...submission, payload });
    expect(ticketID).toBe(found);
  });

  test.each([
    ['is the one', 'says the same', said([{ author: 'Mel', body: '<p>x</p>' }]), 'own'],
    ['is none', 'says something else', said([{ author: 'Mel', body: '<p>y</p>' }]), 'not-found'],
    ['may be the one', 'says what cannot be read', said([]), 'not-known'],
  ])('%s whose title cannot be read, and that %s', async (_, __, messages, found) => {
    const { ticketID } = await lookThrough([[ticket('own', 1, '')], [ticket('old', -60)]], {
      listMessages: async () => messages,
    });
    expect(ticketID).toBe(found);
  });

  test('is found behind one of which nothing can be read', async () => {
    const { ticketID } = await lookThrough([[ticket('own', 2), ticket('unreadable', 1, '')]], {
      listMessages: async (_, __, id) => said(id === 'own' ? [{ author: 'Mel', body: '<p>x</p>' }] : []),
    });
    expect(ticketID).toBe('own');
  });

  const support = { author: 'Ana', body: '<p>We are on it.</p>' };
  test('is the one that says it, in whichever of its messages', async () => {
    const { ticketID } = await lookThrough([[ticket('own', 1)]], {
      listMessages: async () => said([support, { author: 'Mel', body: '<p>x</p>' }]),
    });
    expect(ticketID).toBe('own');
  });

  test.each([
    ['is the one whose own text cannot be read, though an answer to it can', true, 'own'],
    ['is none of those that say something else', false, 'not-found'],
  ])('%s', async (_, lacksFirst, found) => {
    const { ticketID } = await lookThrough([[ticket('own', 1)]], {
      listMessages: async () => said([support], lacksFirst),
    });
    expect(ticketID).toBe(found);
  });

  test.each([true, false])(
    'is asked for by its reference, by who may read it (as itself: %j), and the look that found it is named',
    async (asItself) => {
      const asked: unknown[] = [];
      const { found } = await lookThrough(
        [],
        {
          listTickets(...given) {
            asked.push(given);
            return Promise.resolve({ kind: 'ok', value: { items: [ticket('own', 1)] }, upstreamRequestID: 'up-1' });
          },
          listMessages(...given) {
            asked.push(given);
            return Promise.resolve(said([]));
          },
        },
        { ...submission, asItself },
      );
      expect(asked).toEqual([
        ['a', asItself, { foreignID: 'INV-1', count: 200 }],
        ['a', asItself, 'own'],
      ]);
      expect(found).toMatchObject({ kind: 'found', upstreamRequestID: 'up-1' });
    },
  );

  test('is not known to be missing while a list that does not end has not been read to when it can have been filed', async () => {
    const { found, asked } = await lookThrough(Array.from({ length: 50 }, () => [ticket('other', 90, 'Refund')]));
    expect(found).toEqual({ kind: 'not-known' });
    expect(asked).toHaveLength(10);
  });

  test('is not known to be missing while a page has not been read whole, and is found if it was read', async () => {
    const partial =
      (...items: Ticket[]): Parameters<typeof lookFor>[1]['listTickets'] =>
      () =>
        Promise.resolve({ kind: 'ok', value: { items, isPartial: true } });
    const missing = await lookThrough([], { listTickets: partial(ticket('other', 90, 'Refund')) });
    expect(missing.found).toEqual({ kind: 'not-known' });
    expect((await lookThrough([], { listTickets: partial(ticket('own', 1)) })).ticketID).toBe('own');
  });

  const contact = (email: string) => ({ ...ticket('own', 1), contact: { email } });
  const by = (author: string): Parameters<typeof lookThrough>[1] => ({
    listMessages: async () => said([{ author, body: '<p>x</p>' }]),
  });
  const twinLookedFor = () => Promise.resolve(true);
  test.each([
    ['the contact', contact('b@example.com'), {}],
    ['the author', ticket('own', 1), by('Kim')],
  ])(
    'is left to a twin that is looked for where %s is another, and is taken if there is none, for Moov may have changed it',
    async (_, listed, instead) => {
      expect((await lookThrough([[listed]], { ...instead, twinLookedFor })).ticketID).toBe('wait');
      expect((await lookThrough([[listed]], instead)).ticketID).toBe('own');
    },
  );

  test.each([
    ['as it was sent', ticket('own', 1), {}],
    ['in capitals', contact('A@Example.com'), by(' MEL')],
    ['missing', contact(''), by('')],
  ])('is the one, though a twin is looked for, where contact and author are %s', async (_, listed, instead) => {
    const { ticketID } = await lookThrough([[listed]], { ...instead, twinLookedFor });
    expect(ticketID).toBe('own');
  });

  test('is left to an equal one that Moov said it has created, unless Moov said so of both', async () => {
    const twinCreated = () => Promise.resolve(true);
    expect((await lookThrough([[ticket('own', 1)]], { twinCreated })).ticketID).toBe('wait');
    const unreadable = { ...submission, reason: 'unreadable' } as const;
    expect((await lookThrough([[ticket('own', 1)]], { twinCreated }, unreadable)).ticketID).toBe('own');
  });

  test('is the one with its contact, before an older one that is alike', async () => {
    const older = { ...ticket('older', 0), contact: { email: 'b@example.com' } };
    expect((await lookThrough([[ticket('own', 1), older]], { twinLookedFor })).ticketID).toBe('own');
  });

  test('is the first of two that are alike', async () => {
    const alike = (ticketID: string, seconds: number) => ({
      ...ticket(ticketID, seconds),
      contact: { email: 'b@example.com' },
    });
    expect((await lookThrough([[alike('double', 60), alike('own', 1)]])).ticketID).toBe('own');
  });

  test('is the one whose message cannot be read', async () => {
    const { ticketID } = await lookThrough([[ticket('own', 1)]], {
      listMessages: async () => said([]),
    });
    expect(ticketID).toBe('own');
  });

  test.each<[string, 'refused' | 'unclear' | 'wait', Parameters<typeof lookThrough>[1]]>([
    ['the list is refused', 'refused', { listTickets: () => Promise.resolve({ kind: 'refused', status: 403 }) }],
    [
      'the list does not come',
      'unclear',
      { listTickets: () => Promise.resolve({ kind: 'unclear', reason: 'timeout', mayHaveArrived: false }) },
    ],
    ['its messages are refused', 'refused', { listMessages: () => Promise.resolve({ kind: 'refused', status: 403 }) }],
    [
      'its messages do not come',
      'unclear',
      { listMessages: () => Promise.resolve({ kind: 'unclear', reason: 'timeout', mayHaveArrived: true }) },
    ],
    ['a twin is on the wire', 'wait', { twinOnTheWire: () => Promise.resolve(true) }],
  ])('is not known to be missing while %s', async (_, kind, instead) => {
    expect((await lookThrough([[ticket('own', 1)]], instead)).ticketID).toBe(kind);
  });
});

describe('a ticket with the portal’s own reference', () => {
  const payload = { title: 'Payout', body: '<p>x</p>', contact: { email: 'a@example.com' } };
  const sent = { ...submission, payload, foreignID: 'portal-s' };
  const own = { ...ticket('own', 1), foreignID: 'portal-s' };
  const saying = (body: string): Parameters<typeof lookThrough>[1] => ({
    listMessages: async () => said([{ author: 'Mel', body }]),
  });

  test('is the one that has it, whatever its title, its time and its message', async () => {
    const { ticketID } = await lookThrough(
      [[{ ...own, title: 'Tidied', createdOn: new Date(0).toISOString() }]],
      saying('<p>Tidied</p>'),
      sent,
    );
    expect(ticketID).toBe('own');
  });

  test('is none with another reference, from an API that lists whatever there is', async () => {
    const { ticketID } = await lookThrough([[ticket('other', 1)], [ticket('old', -60)]], {}, sent);
    expect(ticketID).toBe('not-found');
  });

  test.each([
    ['the one that says the same', '<p>x</p>', 'own'],
    ['none that says something else', '<p>y</p>', 'not-found'],
  ])('is %s where the list leaves references out', async (_, body, found) => {
    const { foreignID: __, ...bare } = own;
    const { ticketID } = await lookThrough([[bare], [ticket('old', -60)]], saying(body), sent);
    expect(ticketID).toBe(found);
  });
});
