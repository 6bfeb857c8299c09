import * as z from 'zod/mini';

/** A Moov account as the portal shows it. `displayName` is absent while the API cannot be asked for it. */
export const accountSchema = z.object({
  accountID: z.string(),
  displayName: z.optional(z.string()),
  accountType: z.optional(z.string()),
});
export type Account = z.infer<typeof accountSchema>;

export const accountPageSchema = z.object({
  items: z.array(accountSchema),
  nextPage: z.optional(z.object({ cursor: z.string() })),
});
export type AccountPage = z.infer<typeof accountPageSchema>;

/** Ids are UUIDs, compared in lower case; anything else cannot exist. */
export const idSchema = z.string().check(z.toLowerCase(), z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/));
