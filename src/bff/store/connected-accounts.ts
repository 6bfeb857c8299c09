import { sql } from 'drizzle-orm';
import * as z from 'zod/mini';
import { type Account, accountSchema } from '../../contract/account.ts';
import { type Database, rowsOf } from './query.ts';

const listRow = z.pipe(
  z.object({ accounts: z.array(accountSchema), age_ms: z.coerce.number() }),
  z.transform((row) => ({ accounts: row.accounts, ageMs: row.age_ms })),
);

/** The accounts that Moov last listed as connected to a partner: for all instances, also for one that starts while Moov cannot be asked. */
export function connectedAccountsIn(db: Database, partnerAccountID: string) {
  return {
    /** Stores the list that Moov has just given, in place of the one before. */
    async keep(accounts: readonly Account[]) {
      // An equal list is not written again: it may be a megabyte, and comes every minute.
      await db.execute(sql`
        insert into connected_accounts as kept (partner_account_id, accounts, listed_at) values (${partnerAccountID}, ${JSON.stringify(accounts)}::jsonb, now())
        on conflict (partner_account_id) do update set listed_at = now(),
          accounts = case when kept.accounts = excluded.accounts then kept.accounts else excluded.accounts end`);
    },
    /** The list that was stored last and its age (ms, by the database's clock); undefined if none was ever stored. */
    async last(): Promise<{ accounts: Account[]; ageMs: number } | undefined> {
      const result = await db.execute(sql`
        select accounts, extract(epoch from now() - listed_at) * 1000 as age_ms from connected_accounts where partner_account_id = ${partnerAccountID}`);
      return rowsOf(listRow, result)[0];
    },
  };
}
export type ConnectedAccounts = ReturnType<typeof connectedAccountsIn>;
