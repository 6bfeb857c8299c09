import * as z from 'zod/mini';
import { idPattern } from './paths.ts';

/** A Moov account as the portal shows it. `displayName` is absent while the API cannot be asked for it. */
export const accountSchema = z.object({
  accountID: z.string(),
  displayName: z.optional(z.string()),
  accountType: z.optional(z.string()),
});
export type Account = z.infer<typeof accountSchema>;

/** One page of accounts; `nextPage` is absent on the last page. */
export const pageOfAccountsSchema = z.object({
  items: z.array(accountSchema),
  nextPage: z.optional(z.object({ cursor: z.string() })),
});
export type PageOfAccounts = z.infer<typeof pageOfAccountsSchema>;

/** An id, in its one spelling. */
export const idSchema = z.string().check(z.toLowerCase(), z.regex(idPattern));
