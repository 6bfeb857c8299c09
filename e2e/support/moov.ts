import * as z from 'zod/mini';

const ticketsSchema = z.object({
  items: z.array(
    z.object({
      ticketID: z.string(),
      number: z.number(),
      title: z.string(),
      status: z.string(),
      foreignID: z.optional(z.string()),
    }),
  ),
});
const tokenSchema = z.object({ access_token: z.string() });

/** What the tests need to call an API: its address, a key pair with its origin, and the partner's account. */
export type Access = { url: string; publicKey: string; secretKey: string; origin: string; partnerAccountID: string };

/**
 * The newest tickets of an account (at most 1000). They are read from the API itself, not through the portal, to see what was really
 * filed.
 */
export async function ticketsOf(access: Access, accountID: string) {
  const headers = { 'x-moov-version': 'v2026.01.00', origin: access.origin, 'content-type': 'application/json' };
  const scopes =
    accountID === access.partnerAccountID
      ? [`/accounts/${accountID}/tickets.read`]
      : [`/accounts/${access.partnerAccountID}/tickets.read`, `/accounts/${accountID}/profile.read`];
  const minted = await fetch(`${access.url}/oauth2/token`, {
    method: 'POST',
    headers: {
      ...headers,
      authorization: `Basic ${Buffer.from(`${access.publicKey}:${access.secretKey}`).toString('base64')}`,
    },
    body: JSON.stringify({ grant_type: 'client_credentials', scope: scopes.join(' ') }),
  });
  const { access_token: token } = tokenSchema.parse(await minted.json());
  const listed = await fetch(`${access.url}/accounts/${accountID}/tickets?count=1000`, {
    headers: { ...headers, authorization: `Bearer ${token}` },
  });
  return ticketsSchema.parse(await listed.json()).items;
}
