import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { idSchema } from '../../contract/account.ts';
import type { Person } from '../store/sessions.ts';

/**
 * Who signed in, by their claims: a merchant of one account, partner staff, or a person without a usable role (`role: null`).
 * `accountID` is a merchant's account; `providerSid` is the id of the session at the identity provider.
 */
export type Identity = {
  person: Person;
  role: 'merchant' | 'partner' | null;
  accountID?: string;
  providerSid?: string;
};

const text = z.pipe(
  z.string(),
  // PostgreSQL stores neither a nul character nor half a surrogate pair, which `slice` may leave.
  z.transform((value) => value.replaceAll('\0', '').trim().slice(0, 200).toWellFormed()),
);
/** The provider's id of a person (`sub`) or of a session (`sid`). One that is too long or holds a nul could not be stored and found again. */
export const providerID = z.string().check(
  z.minLength(1),
  z.maxLength(500),
  z.refine((value) => value.isWellFormed() && !value.includes('\0')),
);
const optionalText = z.catch(z.optional(text), undefined);
/** The claims that say who somebody is. One that is not a text counts as absent. */
const personClaims = z.object({
  name: optionalText,
  given_name: optionalText,
  family_name: optionalText,
  preferred_username: optionalText,
  email: optionalText,
  sid: z.catch(z.optional(providerID), undefined),
});

/** The portal's id of a person: a hash of issuer and subject. Never an email address, which may pass to somebody else. */
export const personIDOf = (issuer: string, subject: string) =>
  createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('base64url')
    .slice(0, 22);

/**
 * The values of a claim, as a list: some providers give one text, others a list of texts. If there is no claim of this name, its
 * dots lead into nested claims: `realm_access.roles`.
 */
export function claimed(claims: Record<string, unknown>, name: string): unknown[] {
  const within = (value: unknown, part: string): unknown =>
    typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === part)?.[1] : undefined;
  const said = within(claims, name) ?? name.split('.').reduce(within, claims);
  return said === undefined || said === null ? [] : [said].flat();
}

/**
 * Reads who somebody is from the claims of the id_token and of the user-info answer. A person is known by issuer and subject, never
 * by an email address. Somebody with several accounts is a merchant of none of them.
 * @param claimNames the names of the two claims, as the settings give them
 */
export function readIdentity(
  claims: Record<string, unknown>,
  issuer: string,
  subject: string,
  claimNames: { roleClaim: string; accountClaim: string },
): Identity {
  const read = personClaims.parse(claims);
  const fullName = [read.given_name, read.family_name].filter(Boolean).join(' ');
  const name =
    [read.name, fullName, read.preferred_username, read.email].find((value) => value !== undefined && value !== '') ??
    'Unnamed person';
  const roles = claimed(claims, claimNames.roleClaim);
  const given = claimed(claims, claimNames.accountClaim);
  const account = idSchema.safeParse(given.length === 1 ? given[0] : undefined);
  // Somebody with both roles counts as staff. A merchant without a readable account has no usable role.
  const role = roles.includes('partner')
    ? 'partner'
    : roles.includes('merchant') && account.success
      ? 'merchant'
      : null;
  return {
    person: {
      personID: personIDOf(issuer, subject),
      issuer,
      subject,
      name,
      ...(read.email !== undefined && read.email !== '' && { email: read.email }),
    },
    role,
    ...(role === 'merchant' && account.success && { accountID: account.data }),
    ...(read.sid !== undefined && { providerSid: read.sid }),
  };
}
