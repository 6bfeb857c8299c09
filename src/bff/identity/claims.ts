import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { idSchema } from '../../contract/account.ts';
import type { Person } from '../store/sessions.ts';

/** What a person's claims make them: a merchant of one account, partner staff, or nobody in particular (`role: null`). */
export type Identity = {
  person: Person;
  role: 'merchant' | 'partner' | null;
  accountID?: string;
  providerSid?: string;
};

const words = z.pipe(
  z.string(),
  // The database holds no nul characters, nor half a surrogate pair, which the cut may leave.
  z.transform((value) => value.replaceAll('\0', '').trim().slice(0, 200).toWellFormed()),
);
/** A subject or a session as the provider names it; longer ones, or with a nul, are none that could be stored and found again. */
export const providerID = z.string().check(
  z.minLength(1),
  z.maxLength(500),
  z.refine((value) => value.isWellFormed() && !value.includes('\0')),
);
const word = z.catch(z.optional(words), undefined);
const names = z.object({
  name: word,
  given_name: word,
  family_name: word,
  preferred_username: word,
  email: word,
  sid: z.catch(z.optional(providerID), undefined),
});

/** The one id of a person: issuer and subject, hashed; never an email address. */
export const personIDOf = (issuer: string, subject: string) =>
  createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('base64url')
    .slice(0, 22);

/**
 * What a claim says, as a list, since providers give one text or a list of texts. A name that is no claim by itself leads into
 * nested ones by its dots: `realm_access.roles`.
 */
export function claimed(claims: Record<string, unknown>, name: string): unknown[] {
  const within = (value: unknown, part: string): unknown =>
    typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === part)?.[1] : undefined;
  const said = within(claims, name) ?? name.split('.').reduce(within, claims);
  return said === undefined || said === null ? [] : [said].flat();
}

/**
 * Reads the claims of an id_token or of the user-info answer. A person is issuer and subject, never an email address; somebody
 * with several accounts is a merchant of none.
 */
export function readIdentity(
  claims: Record<string, unknown>,
  issuer: string,
  subject: string,
  names_: { roleClaim: string; accountClaim: string },
): Identity {
  const read = names.parse(claims);
  const fullName = [read.given_name, read.family_name].filter(Boolean).join(' ');
  const name =
    [read.name, fullName, read.preferred_username, read.email].find((value) => value !== undefined && value !== '') ??
    'Unnamed person';
  const roles = claimed(claims, names_.roleClaim);
  const given = claimed(claims, names_.accountClaim);
  const account = idSchema.safeParse(given.length === 1 ? given[0] : undefined);
  // Somebody with both roles is staff; a merchant without a readable account may act for none.
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
