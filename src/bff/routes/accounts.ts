import { Hono } from 'hono';
import type { PageOfAccounts } from '../../contract/account.ts';
import { accountQuerySchema } from '../../contract/requests.ts';
import { answerJSON } from '../guard/answer.ts';
import { type App, readQuery } from '../guard/request.ts';
import type { Accounts } from '../identity/accounts.ts';
import { searchAccounts } from '../identity/accounts-search.ts';
import { actingFor, sessionOf } from '../identity/sessions.ts';
import { explainNoAccounts } from '../moov/explain.ts';

const perPage = 50;

/** `/api/accounts`: the accounts that a person may act for, and one of them. */
export function accountRoutes(parts: { accounts: Accounts }) {
  const { accounts } = parts;
  return new Hono<App>()
    .get('/', async (c) => {
      const session = sessionOf(c);
      const { q, cursor } = readQuery(c, accountQuerySchema);
      if (session.role !== 'partner') {
        const own: PageOfAccounts = {
          items: session.accountID === undefined ? [] : [await accounts.describe(session.accountID)],
        };
        return answerJSON(c, own);
      }
      const listed = await accounts.listForStaff();
      if (listed.kind !== 'ok') throw explainNoAccounts(listed);
      const found = searchAccounts(listed.value, q ?? '');
      const start = Number(cursor ?? 0);
      const answer: PageOfAccounts = {
        items: found.slice(start, start + perPage),
        ...(start + perPage < found.length && { nextPage: { cursor: String(start + perPage) } }),
      };
      return answerJSON(c, answer);
    })
    .get('/:accountID', async (c) => {
      const { accountID } = await actingFor(c, accounts);
      return answerJSON(c, await accounts.describe(accountID));
    });
}
