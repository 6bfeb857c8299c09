import type { Logger } from 'pino';
import type { Account } from '../../contract/account.ts';
import { within } from '../guard/within.ts';
import type { Moov } from '../moov/moov.ts';
import type { Outcome, Unclear } from '../moov/outcome.ts';
import type { Settings } from '../settings.ts';
import type { ConnectedAccounts } from '../store/connected-accounts.ts';
import type { StoredSession } from '../store/sessions.ts';

/** How long the list of connected accounts serves without asking again; how soon an unknown id may cause a new look. */
const freshMs = 60_000;
const soonestMs = 5_000;
/**
 * How long an old list still serves while Moov cannot be asked: a long outage. Whoever has been disconnected meanwhile is found out when
 * Moov is back, before anything is filed for them; until then staff may see what of theirs waits in the portal.
 */
const lastResortMs = 12 * 3_600_000;
const readFreshMs = 5 * 60_000;
const byName = new Intl.Collator();
const byID = (accounts: readonly Account[]) => new Map(accounts.map((account) => [account.accountID, account]));
const tooSlow: Unclear = { kind: 'unclear', reason: 'timeout', mayHaveArrived: false };

/**
 * Who may act for which account: a merchant for the account of their claim alone; partner staff for the partner's own
 * account and those that Moov lists as connected. Answers come from Moov, cached briefly.
 * @param kept where the list is kept for other instances, and for the next start
 */
export function createAccounts(parts: {
  moov: Pick<Moov, 'listAccounts' | 'getAccount'>;
  settings: Pick<Settings, 'MOOV_PARTNER_ACCOUNT_ID' | 'ANSWER_WITHIN_MS'>;
  kept: ConnectedAccounts;
  log: Pick<Logger, 'error'>;
  now?: () => number;
}) {
  // Not the clock of the machine: set back, it would keep an old list, and who has been disconnected since, for as long.
  const { moov, settings, kept, log, now = () => performance.now() } = parts;
  let list: { at: number; accounts: Map<string, Account> } | undefined;
  /** The connected accounts by name, sorted once for each list: sorting thousands takes longer than searching them. */
  let sorted: { of: Map<string, Account>; others: Account[] } | undefined;
  let loading: Promise<Outcome<Map<string, Account>>> | undefined;
  /** When the list that is kept was last looked at, and how that goes. */
  let recalled: { at: number; done: Promise<void> } | undefined;
  const read = new Map<string, { at: number; account: Account }>();
  const callMs = Math.max(settings.ANSWER_WITHIN_MS - 500, settings.ANSWER_WITHIN_MS / 2);

  function load(): Promise<Outcome<Map<string, Account>>> {
    loading ??= moov
      .listAccounts()
      .then((outcome): Outcome<Map<string, Account>> => {
        if (outcome.kind !== 'ok') return outcome;
        list = { at: now(), accounts: byID(outcome.value) };
        kept
          .keep(outcome.value)
          .catch((error: unknown) => log.error({ err: error }, 'the list of connected accounts could not be kept'));
        return { kind: 'ok', value: list.accounts };
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  }
  /** The list as Moov gives it now, or gave it less than so long ago. */
  async function listNewerThan(ageMs: number): Promise<Outcome<Map<string, Account>>> {
    if (list !== undefined && now() - list.at < ageMs) return { kind: 'ok', value: list.accounts };
    // A long list comes in many pages: it goes on coming for whoever asks next.
    return (await within(callMs, load())) ?? tooSlow;
  }
  /** The same, or an old list while Moov cannot be asked. */
  async function connected(): Promise<Outcome<Map<string, Account>>> {
    const outcome = await listNewerThan(freshMs);
    if (outcome.kind !== 'unclear') return outcome;
    await recall();
    const old = lastResort();
    return old === undefined ? outcome : { kind: 'ok', value: old };
  }
  const lastResort = () => (list !== undefined && now() - list.at < lastResortMs ? list.accounts : undefined);
  /** Takes over what another instance, or this one before it was started anew, was told later than this one. */
  function recall(): Promise<void> {
    if (recalled === undefined || now() - recalled.at >= freshMs)
      recalled = {
        at: now(),
        done: kept.last().then(
          (last) => {
            const at = now() - (last?.ageMs ?? 0);
            if (last !== undefined && at > (list?.at ?? Number.NEGATIVE_INFINITY))
              list = { at, accounts: byID(last.accounts) };
          },
          (error: unknown) => {
            recalled = undefined;
            log.error({ err: error }, 'the list of connected accounts that was kept could not be read');
          },
        ),
      };
    return recalled.done;
  }

  return {
    /** Whether the session's person may act for an account; an outcome other than ok means that it could not be found out. */
    async mayAct(session: Pick<StoredSession, 'role' | 'accountID'>, accountID: string): Promise<Outcome<boolean>> {
      if (session.role === 'merchant') return { kind: 'ok', value: session.accountID === accountID };
      if (session.role !== 'partner') return { kind: 'ok', value: false };
      if (accountID === settings.MOOV_PARTNER_ACCOUNT_ID) return { kind: 'ok', value: true };
      const known = await connected();
      if (known.kind !== 'ok') return known;
      if (known.value.has(accountID)) return { kind: 'ok', value: true };
      // It may have been connected since: an old list tells who may, and not who may not.
      const anew = await listNewerThan(soonestMs);
      return anew.kind === 'ok' ? { kind: 'ok', value: anew.value.has(accountID) } : anew;
    },
    /**
     * Whether news of an account are for the session's person. In an outage those of an account that an old list lacks are not:
     * a stream that waited to find out would tell nothing more.
     */
    async mayHear(session: Pick<StoredSession, 'role' | 'accountID'>, accountID: string): Promise<Outcome<boolean>> {
      const may = await this.mayAct(session, accountID);
      return may.kind === 'unclear' && lastResort() !== undefined ? { kind: 'ok', value: false } : may;
    },
    /** Whether the latest list has an account. Asks nobody. */
    isListed: (accountID: string): boolean => list?.accounts.has(accountID) === true,
    /** The accounts that partner staff may act for: the partner's own first, then those connected, by name. */
    async listForStaff(): Promise<Outcome<Account[]>> {
      const known = await connected();
      if (known.kind !== 'ok') return known;
      const own =
        known.value.get(settings.MOOV_PARTNER_ACCOUNT_ID) ?? (await this.describe(settings.MOOV_PARTNER_ACCOUNT_ID));
      if (sorted?.of !== known.value) {
        const others = [...known.value.values()].filter(
          (account) => account.accountID !== settings.MOOV_PARTNER_ACCOUNT_ID,
        );
        others.sort((a, b) => byName.compare(a.displayName ?? a.accountID, b.displayName ?? b.accountID));
        sorted = { of: known.value, others };
      }
      return { kind: 'ok', value: [own, ...sorted.others] };
    },
    /** An account with its name, or with its id alone while Moov does not tell the name. */
    async describe(accountID: string): Promise<Account> {
      const kept = read.get(accountID);
      if (kept !== undefined && now() - kept.at < readFreshMs) return kept.account;
      const listed = list?.accounts.get(accountID);
      if (listed?.displayName !== undefined) return listed;
      const outcome = await moov.getAccount(accountID, Math.min(callMs, 2_000));
      if (outcome.kind !== 'ok') return kept?.account ?? { accountID };
      if (read.size >= 10_000) read.clear();
      const account = { ...outcome.value, accountID };
      read.set(accountID, { at: now(), account });
      return account;
    },
  };
}
export type Accounts = ReturnType<typeof createAccounts>;
