import { Hono } from 'hono';
import { requireAccount, requireScopes } from './access.ts';
import { refuseWithError } from './answers.ts';
import type { MoovEnv, Parts } from './parts.ts';
import type { Account } from './store.ts';

/** The default and the most accounts of a page. Moov documents neither: see DIFFERENCES.md. */
const accountsPerPage = 200;

/** The name of an individual, split as the profile has it. */
function splitName(displayName: string) {
  const [firstName = displayName, ...rest] = displayName.split(' ');
  return { firstName, lastName: rest.join(' ') || firstName };
}

/** An account as Moov answers it (`@moovio/sdk` models/components/account). */
function presentAccount(account: Account) {
  const { accountID, accountType, displayName, email, foreignID, createdOn, disconnectedOn } = account;
  return {
    accountID,
    mode: 'sandbox',
    accountType,
    displayName,
    profile:
      accountType === 'business'
        ? { business: { legalBusinessName: displayName, email, ownersProvided: true } }
        : { individual: { name: splitName(displayName), email } },
    capabilities: [{ capability: 'transfers', status: 'enabled' }],
    verification: { verificationStatus: 'verified', status: 'verified' },
    ...(foreignID !== undefined && { foreignID }),
    createdOn,
    updatedOn: createdOn,
    ...(disconnectedOn !== undefined && { disconnectedOn }),
  };
}

/** A whole number from a query string, or the fallback if it is left out. @throws {Refusal} 400 if it is not one, or less than `least` */
export function readCount(text: string | undefined, name: string, least: number, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least)
    throw refuseWithError(400, `${name} must be a whole number from ${least}.`);
  return Number(text);
}

/** `GET /accounts` and `GET /accounts/{accountID}` (`@moovio/sdk` funcs/accountsList, funcs/accountsGet). */
export function accountRoutes({ store }: Parts) {
  return new Hono<MoovEnv>()
    .get('/', (c) => {
      requireScopes(c.get('caller'), ['/accounts.read']);
      const { name, email, type, foreignID, capability, capabilityStatus, includeDisconnected } = c.req.query();
      const skip = readCount(c.req.query('skip'), 'skip', 0, 0);
      const count = Math.min(readCount(c.req.query('count'), 'count', 1, accountsPerPage), accountsPerPage);
      const wanted = name?.toLowerCase();
      const found = [...store.accounts.values()].filter(
        (account) =>
          (account.connection === 'connected' ||
            (account.connection === 'disconnected' && includeDisconnected === 'true')) &&
          (wanted === undefined || account.displayName.toLowerCase().includes(wanted)) &&
          (email === undefined || account.email.toLowerCase() === email.toLowerCase()) &&
          (type === undefined || account.accountType === type) &&
          (foreignID === undefined || account.foreignID === foreignID) &&
          (capability === undefined || capability === 'transfers') &&
          (capabilityStatus === undefined || capabilityStatus === 'enabled'),
      );
      return c.json(found.slice(skip, skip + count).map(presentAccount));
    })
    .get('/:accountID', (c) => {
      const accountID = c.req.param('accountID');
      requireScopes(c.get('caller'), [`/accounts/${accountID}/profile.read`]);
      return c.json(presentAccount(requireAccount(store, accountID)));
    });
}
