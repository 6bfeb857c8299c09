import * as z from 'zod/mini';
import { accountSchema } from './account.ts';

/** Who is signed in. `role` is null for a person whose claims give neither role: they see a page that says so. */
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
  /** where the live news stood at this answer: a stream that starts there misses nothing that is read later */
  newsAfter: z.int().check(z.nonnegative()),
  /** when the session ends if nothing happens, and when it ends whatever happens (RFC 3339) */
  idleEndsOn: z.string(),
  endsOn: z.string(),
});
export type Session = z.infer<typeof sessionSchema>;

/** The answer to signing out: where to go next to end the session at the identity provider too. */
export const signOutSchema = z.object({ location: z.string() });
