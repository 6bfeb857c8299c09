import { sandboxKeys } from '../keys.ts';
import { accountIDs } from '../people.ts';
import { refuse } from './answers.ts';
import type { Account, Store } from './store.ts';
import type { TokenDesk } from './tokens.ts';

/** Who calls: the key pair itself, which may do everything, or a token, which may do what its scopes allow. */
export type Caller = { kind: 'key' } | { kind: 'token'; scopes: readonly string[] };

type ReadHeader = (name: string) => string | undefined;

/** The domains that are registered for the key pair. */
const registered = [new URL(sandboxKeys.origin).hostname];

/**
 * Whether `Origin` (scheme and domain only) or `Referer` (which may have a path) names a registered domain. If both are there, Origin
 * decides. localhost is never accepted (docs.moov.io, "API keys").
 */
function comesFromRegistered(header: ReadHeader): boolean {
  const origin = header('origin');
  const from = origin ?? header('referer');
  if (from === undefined || !URL.canParse(from)) return false;
  const url = new URL(from);
  if (origin !== undefined && url.origin !== origin) return false;
  return url.hostname !== 'localhost' && registered.includes(url.hostname);
}
const namesOrigin = (header: ReadHeader) => header('origin') !== undefined || header('referer') !== undefined;

/** Requires a registered domain, as minting a token always does (docs.moov.io, "API keys"). @throws {Refusal} 401 */
export function requireRegisteredOrigin(header: ReadHeader) {
  // Which status Moov answers is not documented; see DIFFERENCES.md.
  if (!comesFromRegistered(header)) throw refuse(401);
}

/** The key pair in a Basic `Authorization` header (RFC 7617), or undefined. */
export function readBasic(authorization: string | undefined): { publicKey: string; secretKey: string } | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { publicKey: text.slice(0, colon), secretKey: text.slice(colon + 1) };
}
export const isKeyPair = (publicKey: unknown, secretKey: unknown) =>
  publicKey === sandboxKeys.publicKey && secretKey === sandboxKeys.secretKey;

/** The token in a Bearer `Authorization` header (RFC 6750), or undefined. */
export const readBearer = (authorization: string | undefined) => /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];

/**
 * Finds out who calls. A call with a token must name a registered domain. The key pair in Basic authentication is for servers
 * (docs.moov.io, "Authentication options"): the SDKs send it without an Origin, but if there is one it must be registered.
 * @throws {Refusal} 401
 */
export function identify(header: ReadHeader, tokens: TokenDesk): Caller {
  const authorization = header('authorization');
  const basic = readBasic(authorization);
  if (basic !== undefined) {
    if (!isKeyPair(basic.publicKey, basic.secretKey)) throw refuse(401);
    if (namesOrigin(header)) requireRegisteredOrigin(header);
    return { kind: 'key' };
  }
  const bearer = readBearer(authorization);
  const scopes = bearer === undefined ? undefined : tokens.scopesOf(bearer);
  if (scopes === undefined) throw refuse(401);
  requireRegisteredOrigin(header);
  return { kind: 'token', scopes };
}

/** Requires that the token has all scopes of at least one of the sets. @throws {Refusal} 403 */
export function requireScopes(caller: Caller, ...sets: string[][]) {
  if (caller.kind === 'key') return;
  if (!sets.some((set) => set.every((scope) => caller.scopes.includes(scope)))) throw refuse(403);
}

/**
 * Requires one of the two ways to tickets (reference page "Create a support ticket"; `@moovio/sdk` funcs/supportListTickets): the
 * account's own scope, or, on behalf of another account, the partner's scope and the right to read that account's profile.
 * @throws {Refusal} 403
 */
export function requireTicketScopes(caller: Caller, accountID: string, right: 'read' | 'write') {
  const own = [`/accounts/${accountID}/tickets.${right}`];
  const onBehalf = [`/accounts/${accountIDs.partner}/tickets.${right}`, `/accounts/${accountID}/profile.read`];
  requireScopes(caller, own, ...(accountID === accountIDs.partner ? [] : [onBehalf]));
}

/** The account, if it is the partner's own or connected to it. @throws {Refusal} 404 if it does not exist, 403 if it is not connected */
export function requireAccount(store: Store, accountID: string): Account {
  const account = store.account(accountID);
  if (account === undefined) throw refuse(404);
  if (account.connection !== 'self' && account.connection !== 'connected') throw refuse(403);
  return account;
}
