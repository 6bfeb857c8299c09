import type { Logger } from 'pino';
import type { Account } from '../../contract/account.ts';
import { within } from '../guard/within.ts';
import type { Moov } from '../moov/moov.ts';
import type { Outcome, Unclear } from '../moov/outcome.ts';
import type { Settings } from '../settings.ts';
import type { ConnectedAccounts } from '../store/connected-accounts.ts';
import type { StoredSession } from '../store/sessions.ts';

/** How long the list of connected accounts is used without asking Moov; and how long before an id that is not in it makes us ask again. */
const freshMs = 60_000;
const soonestMs = 5_000;
/**
 * How long an old list is still used while Moov cannot be asked: as long as a long outage. If an account has been disconnected
 * since, staff can still see its waiting submissions and file for it, but Moov refuses those tickets when it is back.
 */
const lastResortMs = 12 * 3_600_000;
const readFreshMs = 5 * 60_000;
const byName = new Intl.Collator();
const byID = (accounts: readonly Account[]) => new Map(accounts.map((account) => [account.accountID, account]));
const tooSlow: Unclear = { kind: 'unclear', reason: 'timeout', mayHaveArrived: false };

/**
 * Decides who may act for which account: a merchant only for the account of their claim; partner staff for the partner's own
 * account and those that Moov lists as connected. Moov's list is cached for a minute, and longer while Moov cannot be asked.
 * @param parts `kept`: where the list is stored for other instances and for the next start; `now`: a clock in ms
 */
export function createAccounts(parts: {
  moov: Pick<Moov, 'listAccounts' | 'getAccount'>;
  settings: Pick<Settings, 'MOOV_PARTNER_ACCOUNT_ID' | 'ANSWER_WITHIN_MS'>;
  kept: ConnectedAccounts;
  log: Pick<Logger, 'error'>;
  now?: () => number;
}) {
  // Not `Date.now`: if somebody set the machine's clock back, an old list would seem fresh for that time, disconnected accounts and all.
  const { moov, settings, kept, log, now = () => performance.now() } = parts;
  let list: { at: number; accounts: Map<string, Account> } | undefined;
  /** The accounts of the list `of`, sorted by name. Sorted once for each list, since sorting thousands takes longer than searching them. */
  let sorted: { of: Map<string, Account>; others: Account[] } | undefined;
  let loading: Promise<Outcome<Map<string, Account>>> | undefined;
  /** The last reading of the stored list: when it began, and its end. */
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
  /** Moov's list, not older than `ageMs`; unclear if it does not come in time. */
  async function listNewerThan(ageMs: number): Promise<Outcome<Map<string, Account>>> {
    if (list !== undefined && now() - list.at < ageMs) return { kind: 'ok', value: list.accounts };
    // A long list comes in many pages. The reading goes on after this call has given up, and the next caller gets its result.
    return (await within(callMs, load())) ?? tooSlow;
  }
  /** Moov's list, at most a minute old; while Moov cannot be asked, an older one. */
  async function connected(): Promise<Outcome<Map<string, Account>>> {
    const outcome = await listNewerThan(freshMs);
    if (outcome.kind !== 'unclear') return outcome;
    await recall();
    const old = lastResort();
    return old === undefined ? outcome : { kind: 'ok', value: old };
  }
  const lastResort = () => (list !== undefined && now() - list.at < lastResortMs ? list.accounts : undefined);
  /** Reads the stored list and uses it if it is newer than the one here: another instance, or this one before a restart, may have had it. */
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

  /** Whether the session's person may act for an account. An outcome other than ok means that Moov could not be asked. */
  async function mayAct(
    session: Pick<StoredSession, 'role' | 'accountID'>,
    accountID: string,
  ): Promise<Outcome<boolean>> {
    if (session.role === 'merchant') return { kind: 'ok', value: session.accountID === accountID };
    if (session.role !== 'partner') return { kind: 'ok', value: false };
    if (accountID === settings.MOOV_PARTNER_ACCOUNT_ID) return { kind: 'ok', value: true };
    const known = await connected();
    if (known.kind !== 'ok') return known;
    if (known.value.has(accountID)) return { kind: 'ok', value: true };
    // The account may have been connected since the list was read. So being in an old list counts, but not being in it does not.
    const anew = await listNewerThan(soonestMs);
    return anew.kind === 'ok' ? { kind: 'ok', value: anew.value.has(accountID) } : anew;
  }
  /** An account with its name; if Moov does not answer soon, the last known one, or its id alone. */
  async function describeAccount(accountID: string): Promise<Account> {
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
  }

  return {
    mayAct,
    describe: describeAccount,
    /**
     * Whether the session's person may hear news of an account. If Moov cannot be asked and the old list does not have the account,
     * the answer is no: a stream that waited for Moov would pass on no other news either.
     */
    async mayHear(session: Pick<StoredSession, 'role' | 'accountID'>, accountID: string): Promise<Outcome<boolean>> {
      const may = await mayAct(session, accountID);
      return may.kind === 'unclear' && lastResort() !== undefined ? { kind: 'ok', value: false } : may;
    },
    /** Whether the list in memory has an account, however old the list is. Does not ask Moov. */
    isListed: (accountID: string): boolean => list?.accounts.has(accountID) === true,
    /** The accounts that partner staff may act for: the partner's own first, then those connected, by name. */
    async listForStaff(): Promise<Outcome<Account[]>> {
      const known = await connected();
      if (known.kind !== 'ok') return known;
      const own =
        known.value.get(settings.MOOV_PARTNER_ACCOUNT_ID) ?? (await describeAccount(settings.MOOV_PARTNER_ACCOUNT_ID));
      if (sorted?.of !== known.value) {
        const others = [...known.value.values()].filter(
          (account) => account.accountID !== settings.MOOV_PARTNER_ACCOUNT_ID,
        );
        others.sort((a, b) => byName.compare(a.displayName ?? a.accountID, b.displayName ?? b.accountID));
        sorted = { of: known.value, others };
      }
      return { kind: 'ok', value: [own, ...sorted.others] };
    },
  };
}
export type Accounts = ReturnType<typeof createAccounts>;
