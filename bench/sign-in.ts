import { createClient } from '../e2e/support/client.ts';

/**
 * Signs in as a browser does, at an identity provider that only wants a click on a link.
 * @param origin the portal's
 * @param address sent as `x-forwarded-for`; where the portal trusts it, the sign-in counts against the limit of this address
 * @returns the session cookie, as `name=value`
 * @throws when that does not lead to a session
 */
export async function signIn(origin: string, address?: string): Promise<string> {
  const client = createClient(origin);
  try {
    await client.signIn(address === undefined ? {} : { 'x-forwarded-for': address });
    return client.session();
  } finally {
    await client.close();
  }
}
