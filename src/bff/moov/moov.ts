import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Account } from '../../contract/account.ts';
import type { TicketQuery } from '../../contract/requests.ts';
import { type NewTicket, newTicketFields, type Ticket } from '../../contract/ticket.ts';
import { onceOfEach } from '../guard/once.ts';
import type { Settings } from '../settings.ts';
import type { CallName } from './call-names.ts';
import { createCircuit } from './circuit.ts';
import type { Outcome, Refused, Unclear } from './outcome.ts';
import {
  parseAccount,
  parseError,
  parseFaults,
  parseList,
  parseMessages,
  parsePageOfTickets,
  parseTicket,
  parseToken,
  type ReadMessages,
  type ReadPage,
} from './parse.ts';
import { createTokens } from './tokens.ts';
import { type Answer, createTransport } from './transport.ts';

/** The version of the Moov API that this client speaks. Without the header Moov would fall back to v2024.01.00. */
const version = 'v2026.01.00';
/** How many accounts are asked for in one page. Moov's reference names no maximum for this list, so a page may hold fewer. */
const accountsPerPage = 200;
/** More than any partner has. Without this, a list that never ends would fill the memory. */
const mostAccounts = 50_000;

type UpstreamSettings = Pick<
  Settings,
  | 'MOOV_API_URL'
  | 'MOOV_PUBLIC_KEY'
  | 'MOOV_SECRET_KEY'
  | 'MOOV_PARTNER_ACCOUNT_ID'
  | 'MOOV_ORIGIN'
  | 'UPSTREAM_TIMEOUT_MS'
>;

/** The result of creating or closing a ticket, which is done in any case. `ticket` is absent if Moov's answer could not be read. */
type Written = { ticket?: Ticket };
const parseWritten = (json: unknown): Written => {
  const ticket = parseTicket(json);
  return ticket === undefined ? {} : { ticket };
};

/** If an answer has not changed, `unchanged.ts` gives the same object again, and these give the same result without parsing it again. */
const parseOnce = {
  page: onceOfEach(parsePageOfTickets),
  ticket: onceOfEach(parseTicket),
  messages: onceOfEach(parseMessages),
};

/**
 * The client of the Moov API: the eight calls that the portal makes, each with exactly the scopes it needs (reference page,
 * v2026.01.00). Whatever Moov or the network does, a call does not throw but returns an outcome.
 * `asItself` in these calls: the account's own scope is used (a merchant); else the partner's, on behalf of the account.
 * @param observe is called after each call, with its name, its result and its duration
 * @param now the machine's clock (ms since 1970), for tokens and deadlines
 */
export function createMoov(
  settings: UpstreamSettings,
  log: Logger,
  observe: (call: { call: CallName; outcome: string; seconds: number }) => void,
  now: () => number = Date.now,
) {
  const transport = createTransport(settings.MOOV_API_URL);
  const circuit = createCircuit((upstream) =>
    log[upstream === 'up' ? 'info' : 'warn']({ upstream }, 'the state of the Moov API changed'),
  );
  const fixedHeaders = { 'x-moov-version': version, origin: settings.MOOV_ORIGIN, accept: 'application/json' };
  const basic = `Basic ${Buffer.from(`${settings.MOOV_PUBLIC_KEY}:${settings.MOOV_SECRET_KEY}`).toString('base64')}`;
  let clockAheadMs: number | undefined;

  const tokens = createTokens(async (scope) => {
    const answer = await transport.exchange(
      'POST',
      '/oauth2/token',
      { ...fixedHeaders, authorization: basic },
      JSON.stringify({ grant_type: 'client_credentials', scope }),
      settings.UPSTREAM_TIMEOUT_MS,
    );
    // Whatever becomes of a token request, the call that needs the token has not been sent yet.
    const outcome = readAnswer(answer, (json) => parseToken(json, now()));
    return outcome.kind === 'unclear' ? { ...outcome, mayHaveArrived: false } : outcome;
  }, now);

  /** The scopes of a call about tickets: the account's own, or the two for acting on its behalf (Moov's page "Create a support ticket"). */
  const scopesFor = (accountID: string, what: 'tickets.read' | 'tickets.write', asItself: boolean) =>
    asItself || accountID === settings.MOOV_PARTNER_ACCOUNT_ID
      ? [`/accounts/${accountID}/${what}`]
      : [`/accounts/${settings.MOOV_PARTNER_ACCOUNT_ID}/${what}`, `/accounts/${accountID}/profile.read`];

  type Call<T> = {
    name: CallName;
    method: 'GET' | 'POST' | 'PATCH';
    path: string;
    scopes: string[];
    body?: unknown;
    parse: (json: unknown) => T | undefined;
    /** the fields of the request that a 422 can name; those of a new ticket if left out */
    fields?: readonly string[];
    timeoutMs?: number | undefined;
    /** when it is too late to send it (ms since 1970) */
    sendBy?: number | undefined;
    /** true for a call that its caller can do without: it neither opens nor closes the circuit */
    aside?: boolean;
  };

  /** Makes one call through the circuit breaker, and logs and measures how it ended. */
  async function perform<T>(call: Call<T>): Promise<Outcome<T>> {
    const begun = now();
    const outcome = await circuit.run(() => exchange(call), call.aside);
    observe({
      call: call.name,
      outcome: outcome.kind === 'ok' ? 'ok' : outcome.kind === 'refused' ? String(outcome.status) : outcome.reason,
      seconds: (now() - begun) / 1000,
    });
    if (outcome.kind === 'unclear' && outcome.reason === 'unauthorized')
      log.error(
        { call: call.name, upstreamRequestID: outcome.upstreamRequestID },
        'ALERT Moov does not accept the credentials of this portal: tickets are kept, and none can be read, until MOOV_PUBLIC_KEY, MOOV_SECRET_KEY and MOOV_ORIGIN are right',
      );
    if (outcome.kind === 'unclear' && outcome.code !== undefined)
      log.warn({ call: call.name, reason: outcome.reason, code: outcome.code }, 'Moov gave no answer');
    return outcome;
  }
  /** Makes one call with a bearer token. If Moov does not accept the token, a new one is minted and the call repeated once. */
  async function exchange<T>(call: Call<T>): Promise<Outcome<T>> {
    const giveUpAt = now() + (call.timeoutMs ?? settings.UPSTREAM_TIMEOUT_MS);
    // For reading and closing, the deadline covers the token as well, because somebody waits for the result. Nobody waits for the end of
    // a creation (the browser gets a 202 before), so it has the whole time once the token is there.
    const leftMs = () => (call.method === 'POST' ? settings.UPSTREAM_TIMEOUT_MS : Math.max(giveUpAt - now(), 1));
    const attempt = async (isRepeated: boolean): Promise<Outcome<T>> => {
      const token = await tokens.get(call.scopes, leftMs());
      // A refused token is about this portal's keys, origin or scopes, not about the ticket. So the ticket waits until they are right.
      // Nor does a 404 for a token say that what was to be read is not there.
      if (token.kind === 'refused' && (call.method !== 'GET' || token.status === 404)) return notAuthorized(token);
      if (token.kind !== 'ok') return token;
      if (call.sendBy !== undefined && now() > call.sendBy)
        return { kind: 'unclear', reason: 'interrupted', mayHaveArrived: false };
      const answer = await transport.exchange(
        call.method,
        call.path,
        { ...fixedHeaders, authorization: `Bearer ${token.value.token}` },
        call.body === undefined ? undefined : JSON.stringify(call.body),
        leftMs(),
      );
      // Another status may come from a machine in between, whose clock is not that by which tickets are dated.
      if (!('kind' in answer) && isSuccess(answer.status) && answer.date !== undefined)
        clockAheadMs = answer.date.getTime() - now();
      if (!('kind' in answer) && answer.status === 401) {
        tokens.forget(call.scopes, token.value.token);
        if (!isRepeated) return attempt(true);
      }
      return readAnswer(answer, call.parse, call.fields);
    };
    return attempt(false);
  }

  const account = (accountID: string) => `/accounts/${encodeURIComponent(accountID)}`;
  const ticketPath = (accountID: string, ticketID: string) =>
    `${account(accountID)}/tickets/${encodeURIComponent(ticketID)}`;

  return {
    circuit,
    /** How far Moov's clock is ahead of ours (ms), by the `Date` of its latest 2xx (whole seconds); undefined before the first. */
    clockAheadMs: () => clockAheadMs,

    /**
     * Creates a ticket. Not idempotent: after an unclear outcome the caller must look for the ticket before it calls again.
     * @param sendBy nothing is sent after this time (ms since 1970); the outcome is then `interrupted`
     */
    createTicket(accountID: string, asItself: boolean, ticket: NewTicket, sendBy?: number): Promise<Outcome<Written>> {
      const { title, body, contact, author, foreignID } = ticket;
      return perform({
        name: 'createTicket',
        method: 'POST',
        path: `${account(accountID)}/tickets`,
        scopes: scopesFor(accountID, 'tickets.write', asItself),
        body: { title, body, contact: { email: contact.email, name: contact.name }, author, foreignID },
        // A 2xx is a success even if its body cannot be read: the ticket exists.
        parse: parseWritten,
        sendBy,
      });
    },
    listTickets(accountID: string, asItself: boolean, query: TicketQuery): Promise<Outcome<ReadPage>> {
      const search = new URLSearchParams();
      if (query.cursor !== undefined) search.set('cursor', query.cursor);
      if (query.count !== undefined) search.set('count', String(query.count));
      if (query.status !== undefined) search.set('status', query.status);
      if (query.foreignID !== undefined) search.set('foreignID', query.foreignID);
      const text = search.toString();
      return perform({
        name: 'listTickets',
        method: 'GET',
        path: `${account(accountID)}/tickets${text === '' ? '' : `?${text}`}`,
        scopes: scopesFor(accountID, 'tickets.read', asItself),
        parse: parseOnce.page,
      });
    },
    getTicket(accountID: string, asItself: boolean, ticketID: string, timeoutMs?: number): Promise<Outcome<Ticket>> {
      return perform({
        name: 'getTicket',
        method: 'GET',
        path: ticketPath(accountID, ticketID),
        scopes: scopesFor(accountID, 'tickets.read', asItself),
        parse: parseOnce.ticket,
        timeoutMs,
      });
    },
    closeTicket(accountID: string, asItself: boolean, ticketID: string): Promise<Outcome<Written>> {
      return perform({
        name: 'closeTicket',
        method: 'PATCH',
        path: ticketPath(accountID, ticketID),
        scopes: scopesFor(accountID, 'tickets.write', asItself),
        body: { status: 'closed' },
        parse: parseWritten,
        fields: ['status'],
      });
    },
    listMessages(accountID: string, asItself: boolean, ticketID: string): Promise<Outcome<ReadMessages>> {
      return perform({
        name: 'listMessages',
        method: 'GET',
        path: `${ticketPath(accountID, ticketID)}/messages`,
        scopes: scopesFor(accountID, 'tickets.read', asItself),
        parse: parseOnce.messages,
      });
    },
    getAccount(accountID: string, timeoutMs?: number): Promise<Outcome<Account>> {
      return perform({
        name: 'getAccount',
        method: 'GET',
        path: account(accountID),
        scopes: [`/accounts/${accountID}/profile.read`],
        parse: parseAccount,
        timeoutMs,
        aside: true,
      });
    },
    /**
     * Every connected account, read page by page. Thousands of accounts come near Moov's rate limit: a page that is answered 429 is
     * asked for again after the pause that Moov asks for, if that ends within UPSTREAM_TIMEOUT_MS of the beginning.
     */
    async listAccounts(): Promise<Outcome<Account[]>> {
      const accounts = new Map<string, Account>();
      /** how many accounts have come, readable or not: the `skip` of the next page */
      let received = 0;
      let largestPage = 0;
      const giveUpAt = now() + settings.UPSTREAM_TIMEOUT_MS;
      for (;;) {
        const pageOf = await perform({
          name: 'listAccounts',
          method: 'GET',
          path: `/accounts?skip=${received}&count=${accountsPerPage}`,
          scopes: ['/accounts.read'],
          parse: (json) => parseList(json, mostAccounts),
        });
        if (pageOf.kind === 'unclear' && pageOf.reason === 'rate-limited') {
          const pauseMs = pageOf.retryAfterMs ?? 1_000;
          if (now() + pauseMs >= giveUpAt) return pageOf;
          await pause(pauseMs);
          continue;
        }
        if (pageOf.kind !== 'ok') return pageOf;
        const before = accounts.size;
        for (const item of pageOf.value) {
          const parsed = parseAccount(item);
          if (parsed !== undefined) accounts.set(parsed.accountID, parsed);
        }
        received += pageOf.value.length;
        if (received >= mostAccounts)
          log.warn({ accounts: received }, 'the list of connected accounts is too long: the rest is left out');
        // A short first page may be the whole list, or Moov may give fewer accounts a page than asked for. Only the next page tells.
        if (pageOf.value.length < largestPage || accounts.size === before || received >= mostAccounts) {
          // Staff would be told that no account is connected, though nobody knows that.
          if (received > 0 && accounts.size === 0)
            return { kind: 'unclear', reason: 'unreadable', mayHaveArrived: true };
          return { kind: 'ok', value: [...accounts.values()] };
        }
        largestPage = Math.max(largestPage, pageOf.value.length);
      }
    },
    /** Gets a token for reading accounts, a cached one if there is one. The outcome shows whether Moov accepts the keys and the origin. */
    authenticate: async (): Promise<Outcome<undefined>> => {
      const token = await tokens.get(['/accounts.read'], settings.UPSTREAM_TIMEOUT_MS);
      return token.kind === 'ok' ? { ...token, value: undefined } : token;
    },
    /** A small call that shows whether Moov answers. If it does, the circuit closes. */
    probe: () =>
      perform({
        name: 'probe',
        method: 'GET',
        path: '/accounts?count=1',
        scopes: ['/accounts.read'],
        parse: () => true,
        timeoutMs: Math.min(settings.UPSTREAM_TIMEOUT_MS, 5_000),
      }),
    close: () => transport.close(),
  };
}
export type Moov = ReturnType<typeof createMoov>;

const isSuccess = (status: number) => status >= 200 && status < 300;

const notAuthorized = ({ status, upstreamRequestID }: Refused): Unclear => ({
  kind: 'unclear',
  reason: 'unauthorized',
  mayHaveArrived: false,
  status,
  ...(upstreamRequestID !== undefined && { upstreamRequestID }),
});

/**
 * Turns an answer into an outcome, by the documented statuses (200, 400, 401, 403, 404, 409, 422, 429, 500, 504) and, for all
 * others, by their class.
 * @param parse reads the body of a 2xx; undefined: it could not be read, which makes the outcome unclear
 * @param fields the fields of the request that a 422 can name
 */
export function readAnswer<T>(
  answer: Answer | Unclear,
  parse: (json: unknown) => T | undefined,
  fields: readonly string[] = newTicketFields,
): Outcome<T> {
  if ('kind' in answer) return answer;
  const { status, json, retryAfterMs } = answer;
  const reference = answer.upstreamRequestID === undefined ? {} : { upstreamRequestID: answer.upstreamRequestID };
  if (isSuccess(status)) {
    const value = parse(json);
    return value === undefined
      ? { kind: 'unclear', reason: 'unreadable', mayHaveArrived: true, status, ...reference }
      : { kind: 'ok', value, ...reference };
  }
  if (status === 401) return { kind: 'unclear', reason: 'unauthorized', mayHaveArrived: false, status, ...reference };
  if (status === 429)
    return {
      kind: 'unclear',
      reason: 'rate-limited',
      mayHaveArrived: false,
      status,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...reference,
    };
  if (status === 408 || status === 425)
    return { kind: 'unclear', reason: 'timeout', mayHaveArrived: true, status, ...reference };
  if (status >= 400 && status < 500) {
    if (status === 422) return { kind: 'refused', status, ...parseFaults(json, fields), ...reference };
    const error = parseError(json);
    return { kind: 'refused', status, ...(error !== undefined && { error }), ...reference };
  }
  // 5xx, and redirects, which are never followed: Moov did not say what became of the request.
  return {
    kind: 'unclear',
    reason: status === 504 ? 'timeout' : 'unavailable',
    mayHaveArrived: true,
    status,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...reference,
  };
}
