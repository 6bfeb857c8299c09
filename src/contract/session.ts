import * as z from 'zod/mini';
import { accountSchema } from './account.ts';

/** Who is signed in. `role` is null for a person whose claims give no usable role: they see a page that says so. */
export const sessionSchema = z.object({
  user: z.object({
    /** stable per identity provider and subject; not the subject itself */
    id: z.string(),
    name: z.string(),
    email: z.optional(z.string()),
    role: z.nullable(z.enum(['merchant', 'partner'])),
  }),
  /** a merchant's own account */
  account: z.optional(accountSchema),
  /** a partner's own account */
  partnerAccountID: z.optional(z.string()),
  /** the id of the latest live news at this answer: a stream that starts after it misses no change to what a page reads from now on */
  newsAfter: z.int().check(z.nonnegative()),
  /** `idleEndsOn`: when the session ends if the person does nothing more. `endsOn`: when it ends in any case (RFC 3339). */
  idleEndsOn: z.string(),
  endsOn: z.string(),
});
export type Session = z.infer<typeof sessionSchema>;

/** The answer to signing out: the address to go to next, which also ends the session at the identity provider if it has such a page. */
export const signOutSchema = z.object({ location: z.string() });
