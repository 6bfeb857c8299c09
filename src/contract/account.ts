import * as z from 'zod/mini';
import { idPattern } from './paths.ts';

/** A Moov account as the portal shows it. `displayName` is absent while Moov cannot be asked for it. */
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

/** The id of an account: a UUID. It comes out in lower case, so that equal ids are equal texts. For a text alone there is `readID`. */
export const idSchema = z.string().check(z.toLowerCase(), z.regex(idPattern));
