import { Hono } from 'hono';
import { html } from 'hono/html';
import { sandboxKeys } from '../keys.ts';
import { accountIDs, people } from '../people.ts';
import { faults } from './faults.ts';
import { type OutageMode, outageModes } from './outage.ts';
import { page, pageHeaders, readable } from './page.ts';
import type { MoovEnv, Parts } from './parts.ts';

/** If there are more accounts, the table shows this many and the last three. */
const mostAccounts = 20;

const outageWords: Record<OutageMode, string> = {
  up: 'Up: it answers',
  slow: 'Slow: each answer 3 s late',
  down: 'Down: 500 to everything',
};

const connectionWords = {
  self: 'the partner itself',
  connected: 'connected to the partner',
  disconnected: 'was connected, and left',
  never: 'exists, never connected',
} as const;

/** The help page: what is in the sandbox, as whom one can sign in, and how to make it fail. */
export function helpRoutes({ store, outage, webhooks, portalOrigin }: Parts) {
  const tryIt = (title: string) =>
    portalOrigin === undefined
      ? ''
      : html`<a href="${portalOrigin}/accounts/${accountIDs.wholeBodyFitness}/tickets/new?${new URLSearchParams({ title }).toString()}">File it</a>`;

  return new Hono<MoovEnv>()
    .get('/favicon.ico', (c) => c.body(null, 204))
    .get('/', (c) => {
      const accounts = [...store.accounts.values()];
      const shown = [...accounts.slice(0, mostAccounts), ...accounts.slice(mostAccounts).slice(-3)];
      const content = html`
      <h1>The sandbox</h1>
      <p>This is the Moov API’s stand-in, for development and demos. It answers the calls that the portal makes by Moov’s rules,
      keeps everything in memory, and starts the same each time. Where it differs is written in <code>src/sandbox/DIFFERENCES.md</code>.</p>

      <h2 id="people">Who can sign in</h2>
      <div class="scroll" role="region" aria-label="People" tabindex="0"><table>
        <thead><tr><th>Name</th><th>Who</th><th>Email</th></tr></thead>
        <tbody>${people.map(({ name, about, email }) => html`<tr><td>${name}</td><td>${about}</td><td>${email}</td></tr>`)}</tbody>
      </table></div>

      <h2 id="outage">An outage of the whole API</h2>
      <form class="actions" method="post" action="/_sandbox/outage">
        ${outageModes.map(
          (mode) =>
            html`<button name="mode" value="${mode}" aria-pressed="${mode === outage.mode() ? 'true' : 'false'}">${outageWords[mode]}</button>`,
        )}
      </form>

      <h2 id="faults">Failures of a single ticket</h2>
      <p>Write one of these into the <strong>title</strong> of a ticket. Where it says “first time”, the first attempt of that ticket fails and
      the next one gets through, so that one can watch it being delivered; add <code>always</code> at the end and it never does.
      A click selects the whole title.</p>
      <div class="scroll" role="region" aria-label="Failures" tabindex="0"><table>
        <thead><tr><th>Title</th><th>What happens</th><th>When</th>${portalOrigin === undefined ? '' : html`<th>As Mel</th>`}</tr></thead>
        <tbody>${faults.map(
          ({ title, about, lasts }) =>
            html`<tr><td><code class="copy">${title}</code></td><td>${about}</td><td class="short">${lasts === 'first' ? 'first time' : 'always'}</td>${portalOrigin === undefined ? '' : html`<td class="short">${tryIt(title)}</td>`}</tr>`,
        )}</tbody>
      </table></div>

      <h2 id="accounts">Accounts</h2>
      <div class="scroll" role="region" aria-label="Accounts" tabindex="0"><table>
        <thead><tr><th>Name</th><th>Account ID</th><th>Connection</th></tr></thead>
        <tbody>${shown.map(
          ({ displayName, accountID, connection }) =>
            html`<tr><td>${displayName}</td><td><code class="copy">${accountID}</code></td><td>${connectionWords[connection]}</td></tr>`,
        )}</tbody>
      </table></div>
      ${shown.length < accounts.length ? html`<p class="muted">And ${accounts.length - shown.length} more.</p>` : ''}

      <h2 id="keys">Keys</h2>
      <p>Key pair <code class="copy">${sandboxKeys.publicKey}</code> / <code class="copy">${sandboxKeys.secretKey}</code>, with the registered origin
      <code class="copy">${sandboxKeys.origin}</code>. They open nothing but this stand-in.</p>

      <h2 id="webhooks">Webhooks</h2>
      ${
        webhooks.target === undefined
          ? html`<p>No address is set: nothing is sent.</p>`
          : html`<p>Sent to <code>${webhooks.target.url}</code>.</p>
            <form method="post" action="/_sandbox/webhooks/test"><button>Send a test event</button></form>`
      }
      ${
        webhooks.deliveries.length === 0
          ? ''
          : html`<p></p><div class="scroll" role="region" aria-label="Deliveries" tabindex="0"><table>
              <thead><tr><th>When</th><th>Event</th><th>Try</th><th>Answer</th></tr></thead>
              <tbody>${webhooks.deliveries
                .slice(0, 10)
                .map(
                  ({ at, type, attempt, status }) =>
                    html`<tr><td>${readable(at)}</td><td>${type}</td><td>${attempt}</td><td>${status ?? 'none'}</td></tr>`,
                )}</tbody>
            </table></div>`
      }

      <h2 id="tests">For tests</h2>
      <p><a href="/_sandbox/received">What the API received</a>, <a href="/_sandbox/tickets">every ticket</a>,
      <a href="/_sandbox/faults">the list of failures</a>.</p>`;
      return c.html(page('Help', content, portalOrigin), 200, pageHeaders);
    });
}
