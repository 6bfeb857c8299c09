import type { Message } from '../../contract/message.ts';
import type { PageOfTickets } from '../../contract/ticket.ts';
import type { Moov } from './moov.ts';
import type { Outcome } from './outcome.ts';

/** How long after its beginning a call may be joined (ms). Pages that hear the same news all ask within this time. */
const joinableMs = 100;

/**
 * Lets equal readings of an account's tickets that come at the same moment share one call to Moov. News makes all open pages of an
 * account read again at once, and Moov limits how often a partner may ask. Answers are not cached: whoever asks after an answer
 * has come, or after a change, causes a new call. The caller must have checked that the person may see the account.
 */
export function createReadings(
  moov: Pick<Moov, 'listTickets' | 'getTicket' | 'listMessages'>,
  now: () => number = () => performance.now(),
) {
  const forgetters: ((accountID: string) => void)[] = [];

  function shared<Given extends [accountID: string, ...unknown[]], Answer>(
    read: (...given: Given) => Promise<Answer>,
  ): (...given: Given) => Promise<Answer> {
    const underWay = new Map<string, { accountID: string; begunAt: number; answer: Promise<Answer> }>();
    forgetters.push((accountID) => {
      for (const [key, reading] of underWay) if (reading.accountID === accountID) underWay.delete(key);
    });
    return (...given) => {
      const key = JSON.stringify(given);
      const joined = underWay.get(key);
      if (joined !== undefined && now() - joined.begunAt < joinableMs) return joined.answer;
      const answer = read(...given).finally(() => {
        if (underWay.get(key) === reading) underWay.delete(key);
      });
      const reading = { accountID: given[0], begunAt: now(), answer };
      underWay.set(key, reading);
      return answer;
    };
  }

  return {
    listTickets: shared(
      async (
        accountID,
        asItself: boolean,
        query: Parameters<Moov['listTickets']>[2],
      ): Promise<Outcome<PageOfTickets>> => {
        const listed = await moov.listTickets(accountID, asItself, query);
        if (listed.kind !== 'ok' || listed.value.isPartial === undefined) return listed;
        const { isPartial: _, ...page } = listed.value;
        return { ...listed, value: page };
      },
    ),
    getTicket: shared((accountID, asItself: boolean, ticketID: string) =>
      moov.getTicket(accountID, asItself, ticketID),
    ),
    listMessages: shared(async (accountID, asItself: boolean, ticketID: string): Promise<Outcome<Message[]>> => {
      const listed = await moov.listMessages(accountID, asItself, ticketID);
      if (listed.kind !== 'ok') return listed;
      const { messages, lacksFirst } = listed.value;
      const { upstreamRequestID } = listed;
      // There are messages, and none can be read. A person would be told that there are none.
      return messages.length === 0 && lacksFirst
        ? {
            kind: 'unclear',
            reason: 'unreadable',
            mayHaveArrived: true,
            ...(upstreamRequestID !== undefined && { upstreamRequestID }),
          }
        : { ...listed, value: messages };
    }),
    /** Tells that something of this account has changed. Readings under way may not show it, so nobody joins them any more. */
    changed(accountID: string) {
      for (const forget of forgetters) forget(accountID);
    },
  };
}
export type Readings = ReturnType<typeof createReadings>;
