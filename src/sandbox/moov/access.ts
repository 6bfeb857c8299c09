import { sandboxKeys } from '../keys.ts';
import { accountIDs } from '../people.ts';
import { refuse } from './answers.ts';
import type { Account, Store } from './store.ts';
import type { TokenDesk } from './tokens.ts';

/** Who calls: the key pair itself, which is not narrowed by scopes, or a token with some. */
export type Caller = { kind: 'key' } | { kind: 'token'; scopes: readonly string[] };

type ReadHeader = (name: string) => string | undefined;

/** Domains registered on the key pair. */
const registered = [new URL(sandboxKeys.origin).hostname];

/**
 * `Origin` (scheme and domain alone) or `Referer` (may have a path) must name a registered domain; if both are there,
 * Origin decides; localhost is never accepted (docs.moov.io, "API keys").
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

/** Minting tokens needs the registered domain, whatever the client authenticates with (docs.moov.io, "API keys"). */
export function requireRegisteredOrigin(header: ReadHeader) {
  // Which status Moov answers is not documented; see DIFFERENCES.md.
  if (!comesFromRegistered(header)) throw refuse(401);
}

/** The key pair of a Basic Authorization header (RFC 7617), or undefined. */
export function readBasic(authorization: string | undefined): { publicKey: string; secretKey: string } | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { publicKey: text.slice(0, colon), secretKey: text.slice(colon + 1) };
}
export const isKeyPair = (publicKey: unknown, secretKey: unknown) =>
  publicKey === sandboxKeys.publicKey && secretKey === sandboxKeys.secretKey;

/** The token of a Bearer Authorization header (RFC 6750), or undefined. */
export const readBearer = (authorization: string | undefined) => /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];

/**
 * Who calls. A token needs the registered domain on every call. The key pair in Basic authentication is for servers
 * (docs.moov.io, "Authentication options"): the SDKs send it without an Origin; one that is sent must be right.
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

/** One of these sets of scopes must be in the token, whole. @throws {Refusal} 403 */
export function requireScopes(caller: Caller, ...sets: string[][]) {
  if (caller.kind === 'key') return;
  if (!sets.some((set) => set.every((scope) => caller.scopes.includes(scope)))) throw refuse(403);
}

/**
 * The two ways to a ticket (reference page "Create a support ticket"; `@moovio/sdk` funcs/supportListTickets): the
 * account's own scope, or on behalf of another account the partner's scope and sight of that account.
 */
export function requireTicketScopes(caller: Caller, accountID: string, right: 'read' | 'write') {
  const own = [`/accounts/${accountID}/tickets.${right}`];
  const onBehalf = [`/accounts/${accountIDs.partner}/tickets.${right}`, `/accounts/${accountID}/profile.read`];
  requireScopes(caller, own, ...(accountID === accountIDs.partner ? [] : [onBehalf]));
}

/** The account, if the key's owner has a right to it. @throws {Refusal} 404 for none, 403 for one that is not connected */
export function requireAccount(store: Store, accountID: string): Account {
  const account = store.account(accountID);
  if (account === undefined) throw refuse(404);
  if (account.connection !== 'self' && account.connection !== 'connected') throw refuse(403);
  return account;
}
