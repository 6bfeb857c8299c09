import { expect, test } from 'vitest';
import type { Ticket } from '../../contract/ticket.ts';
import type { StoredSubmission } from '../store/submissions.ts';
import { sentSubmission } from '../testing/submission.ts';
import { findDoubles, type Reconciling } from './reconcile.ts';

const sentAt = new Date('2026-05-12T10:00:00Z');
/** A delivered submission and the ticket that it has. */
function delivered(name: string, asItself = true) {
  const submission = sentSubmission(sentAt, {
    submissionID: `submission ${name}`,
    accountID: `account ${name}`,
    asItself,
    foreignID: `reference ${name}`,
    state: 'created',
    ticketID: `ticket ${name}`,
    requestID: `request ${name}`,
  });
  const ticket = (ticketID = `ticket ${name}`): Ticket => {
    const createdOn = sentAt.toISOString();
    const contact = { email: 'a@example.com' };
    const { foreignID } = submission;
    return { ticketID, number: 1, title: 'Payout', contact, status: 'new', createdOn, updatedOn: createdOn, foreignID };
  };
  return { submission, ticket };
}
type Listed = Awaited<ReturnType<Reconciling['moov']['listTickets']>>;
const list = (...items: Ticket[]): Listed => ({ kind: 'ok', value: { items } });
const page = (cursor: string, ...items: Ticket[]): Listed => ({ kind: 'ok', value: { items, nextPage: { cursor } } });

/**
 * Looks for doubles of these submissions. The test gives Moov's list for each account, the tickets that other submissions have claimed,
 * and the submissions that another instance has noted already.
 * @returns the alerts, the audit rows, the submissions noted as looked for, and the lists that were asked for
 */
async function lookAt(
  submissions: StoredSubmission[],
  lists: Record<string, Listed>,
  noted: string[] = [],
  claimed: string[] = [],
) {
  const [alerts, trail, done, asked]: [object[], object[], string[], string[]] = [[], [], [], []];
  const reported = await findDoubles({
    submissions: {
      async toReconcile(_, most, passedOver) {
        const left = submissions.filter(({ submissionID }) => !done.includes(submissionID));
        return left.slice(passedOver, passedOver + most);
      },
      async claimedByOthers(accountID, submissionID, ticketIDs) {
        expect([accountID, submissionID].map((id) => id.split(' ')[0])).toEqual(['account', 'submission']);
        return new Set(ticketIDs.filter((ticketID) => claimed.includes(ticketID)));
      },
      async reconciled(submissionID) {
        done.push(submissionID);
        return !noted.includes(submissionID);
      },
    },
    audit: { record: async (entry) => void trail.push(entry) },
    moov: {
      clockAheadMs: () => 0,
      async listTickets(accountID, asItself, { foreignID, count, cursor }) {
        expect(count, 'as many as the portal asks for elsewhere, not the few that Moov gives unasked').toBe(200);
        asked.push(accountID);
        const after = cursor === undefined ? '' : `, after ${cursor}`;
        return lists[`${accountID}, ${foreignID}, ${asItself ? 'as itself' : 'for it'}${after}`] ?? list();
      },
    },
    log: { error: (about: object) => void alerts.push(about) },
  });
  return { reported, alerts, trail, done, asked };
}

test('a ticket that was filed three times is two alerts, each naming both tickets, and two lines of the trail, with who filed it', async () => {
  const { submission, ticket } = delivered('a', false);
  const { reported, alerts, trail } = await lookAt([submission], {
    // An API may ignore the filter and list tickets with other references too.
    'account a, reference a, for it': list(
      ticket('double'),
      ticket(),
      { ...ticket('next order'), foreignID: 'reference b' },
      ticket('triple'),
    ),
  });
  const about = { accountID: 'account a', submissionID: 'submission a' };
  expect(reported).toBe(2);
  expect(alerts).toEqual(['double', 'triple'].map((doubleID) => ({ ...about, ticketID: 'ticket a', doubleID })));
  expect(trail).toEqual(
    ['double', 'triple'].map((ticketID) => ({
      ...about,
      ticketID,
      action: 'double-found',
      personID: 'p',
      personName: 'Mel',
      requestID: 'request a',
    })),
  );
});

test('another order with the same reference is no double: one with another title, an earlier one, or one that has its own submission', async () => {
  const { submission, ticket } = delivered('a');
  const at = (ms: number) => new Date(sentAt.getTime() + ms).toISOString();
  const { reported, done } = await lookAt(
    [submission],
    {
      'account a, reference a, as itself': list(
        ticket(),
        { ...ticket('another'), title: 'Refund' },
        { ...ticket('earlier'), createdOn: at(-60_000) },
        ticket('of another submission'),
      ),
    },
    [],
    ['of another submission'],
  );
  expect([reported, done]).toEqual([0, ['submission a']]);
});

test('a ticket filed twice is reported though one is far behind many others with that reference, which are read no further back', async () => {
  const { submission, ticket } = delivered('a');
  const [later, earlier] = [60_000, -60_000].map((ms) => new Date(sentAt.getTime() + ms).toISOString());
  const others = Array.from({ length: 200 }, (_, index) => ({ ...ticket(`${index}`), title: 'Refund' }));
  const { alerts, asked } = await lookAt([submission], {
    'account a, reference a, as itself': page('1', { ...ticket('double'), createdOn: later ?? '' }, ...others),
    'account a, reference a, as itself, after 1': page('2', ...others),
    'account a, reference a, as itself, after 2': page('3', ticket(), { ...ticket('old'), createdOn: earlier ?? '' }),
  });
  expect(alerts).toMatchObject([{ ticketID: 'ticket a', doubleID: 'double' }]);
  expect(asked).toHaveLength(3);
});

test.each<[string, Listed]>([
  ['is refused', { kind: 'refused', status: 403 }],
  ['does not come', { kind: 'unclear', reason: 'timeout', mayHaveArrived: false }],
  // That may be about this account alone.
  ['has no token', { kind: 'unclear', reason: 'unauthorized', mayHaveArrived: false, status: 404 }],
])('a ticket whose list %s is looked at again the next time, and the others are looked at now', async (_, answer) => {
  const [one, other] = [delivered('a'), delivered('b')];
  const { alerts, done } = await lookAt([one.submission, other.submission], {
    'account a, reference a, as itself': answer,
    'account b, reference b, as itself': list(other.ticket(), other.ticket('double')),
  });
  expect(done).toEqual(['submission b']);
  expect(alerts).toMatchObject([{ doubleID: 'double' }]);
});

test('a ticket whose list could not be read whole is looked at again the next time, unless a double was found', async () => {
  const [one, other] = [delivered('a'), delivered('b')];
  const inPart = (...items: Ticket[]): Listed => ({ kind: 'ok', value: { items, isPartial: true } });
  const { alerts, done } = await lookAt([one.submission, other.submission], {
    'account a, reference a, as itself': inPart(one.ticket()),
    'account b, reference b, as itself': inPart(other.ticket(), other.ticket('double')),
  });
  expect(done).toEqual(['submission b']);
  expect(alerts).toMatchObject([{ doubleID: 'double' }]);
});

test('a second ticket is reported though nobody can read when it was filed', async () => {
  const { submission, ticket } = delivered('a');
  const { alerts } = await lookAt([submission], {
    'account a, reference a, as itself': list(ticket(), { ...ticket('double'), createdOn: 'yesterday' }),
  });
  expect(alerts).toMatchObject([{ doubleID: 'double' }]);
});

test('what another instance has looked at meanwhile is reported by that one, and the others are looked at', async () => {
  const [one, other] = [delivered('a'), delivered('b')];
  const lists = {
    'account a, reference a, as itself': list(one.ticket(), one.ticket('its double')),
    'account b, reference b, as itself': list(other.ticket(), other.ticket('double')),
  };
  const { alerts } = await lookAt([one.submission, other.submission], lists, ['submission a']);
  expect(alerts).toMatchObject([{ doubleID: 'double' }]);
});

test('many whose lists are refused for good do not keep the next one from being looked at', async () => {
  const refused: Listed = { kind: 'refused', status: 403 };
  const closed = Array.from({ length: 400 }, (_, index) => delivered(`closed ${index}`));
  const [early, other] = [delivered('early'), delivered('b')];
  const { alerts, done } = await lookAt(
    [early, ...closed, other].map(({ submission }) => submission),
    {
      ...Object.fromEntries(
        closed.map(({ submission: { accountID, foreignID } }) => [`${accountID}, ${foreignID}, as itself`, refused]),
      ),
      'account b, reference b, as itself': list(other.ticket(), other.ticket('double')),
    },
  );
  expect(done).toEqual(['submission early', 'submission b']);
  expect(alerts).toMatchObject([{ doubleID: 'double' }]);
});

test('when no list comes at all, the search ends', async () => {
  const those = Array.from({ length: 3_000 }, (_, index) => delivered(`unknown ${index}`).submission);
  const unclear: Listed = { kind: 'unclear', reason: 'timeout', mayHaveArrived: false };
  const lists = Object.fromEntries(
    those.map(({ accountID, foreignID }) => [`${accountID}, ${foreignID}, as itself`, unclear]),
  );
  const { asked, ...found } = await lookAt(those, lists);
  expect(found).toMatchObject({ reported: 0, done: [] });
  expect(asked.length, 'calls that Moov counts').toBeLessThanOrEqual(1_200);
});

test('after an outage for many, a few hundred are looked at, and the others the next time: Moov counts the calls', async () => {
  const those = Array.from({ length: 450 }, (_, index) => delivered(`${index}`).submission);
  expect((await lookAt(those, {})).done).toHaveLength(200);
});

test.each(['rate-limited', 'unauthorized', 'circuit-open'] as const)(
  'once Moov takes no call for now (%s), none of the other lists is asked for until the next time',
  async (reason) => {
    const [one, two, three] = [delivered('a'), delivered('b'), delivered('c')];
    const { asked, done } = await lookAt([one.submission, two.submission, three.submission], {
      'account b, reference b, as itself': { kind: 'unclear', reason, mayHaveArrived: false },
    });
    expect(asked).toEqual(['account a', 'account b']);
    expect(done).toEqual(['submission a']);
  },
);

test('the doubles that were found before Moov took no call any more are counted', async () => {
  const [one, other] = [delivered('a'), delivered('b')];
  const { reported } = await lookAt([one.submission, other.submission], {
    'account a, reference a, as itself': list(one.ticket(), one.ticket('double')),
    'account b, reference b, as itself': { kind: 'unclear', reason: 'rate-limited', mayHaveArrived: false },
  });
  expect(reported).toBe(1);
});

test('once Moov takes no call for now, no more of those that wait are read', async () => {
  const those = Array.from({ length: 500 }, (_, index) => delivered(`${index}`).submission);
  const answers = those
    .slice(0, 151)
    .map(({ accountID, foreignID }, index): [string, Listed] => [
      `${accountID}, ${foreignID}, as itself`,
      index < 150
        ? { kind: 'refused', status: 403 }
        : { kind: 'unclear', reason: 'rate-limited', mayHaveArrived: false },
    ]);
  const { asked } = await lookAt(those, Object.fromEntries(answers));
  expect(asked).toHaveLength(151);
});
