import type { Moov } from './moov.ts';

/** How long after its beginning a call may be joined, in ms: pages that hear the same news ask within this. */
const joinableMs = 100;

/**
 * What pages read of an account's tickets. Equal readings that come at the same moment share one call: news make every open
 * page of an account read anew at once, and Moov limits how often a partner may ask. Nothing is kept: who asks when the answer
 * is there, or after something has changed, gets another. Whether a person may see the account is decided before.
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
    listTickets: shared((accountID, asItself: boolean, query: Parameters<Moov['listTickets']>[2]) =>
      moov.listTickets(accountID, asItself, query),
    ),
    getTicket: shared((accountID, asItself: boolean, ticketID: string) =>
      moov.getTicket(accountID, asItself, ticketID),
    ),
    listMessages: shared((accountID, asItself: boolean, ticketID: string) =>
      moov.listMessages(accountID, asItself, ticketID),
    ),
    /** Something of this account has changed: what is being read may not show it, and nobody joins that any more. */
    changed(accountID: string) {
      for (const forget of forgetters) forget(accountID);
    },
  };
}
export type Readings = ReturnType<typeof createReadings>;
