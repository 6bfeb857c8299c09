import { Hono } from 'hono';
import { html } from 'hono/html';
import { refuse } from './answers.ts';
import { escapeHTML, mailStyleMessage } from './mail-style.ts';
import { page, pageHeaders, readable, refuseOtherSites } from './page.ts';
import type { MoovEnv, Parts } from './parts.ts';
import { type TicketRecord, ticketStatuses } from './store.ts';

const mostListed = 200;
const messageHeaders = {
  'content-security-policy':
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'",
  'cache-control': 'no-store',
};
const agentName = 'Jordan at Moov Support';

/** Plain text as HTML; blank lines separate paragraphs. */
const paragraphs = (text: string) =>
  text
    .replaceAll('\r\n', '\n')
    .split(/\n{2,}/)
    .map((part) => `<p>${escapeHTML(part.trim()).replaceAll('\n', '<br>')}</p>`)
    .join('');
/** The text of a message without tags, cut to 500 characters, for quoting. */
const plain = (message: string) =>
  message
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500);

/** Pages on which one plays the support agent: reads a ticket, answers it, changes its status. Each change sends a webhook. */
export function agentRoutes({ store, portalOrigin }: Parts) {
  const find = (ticketID: string): TicketRecord => {
    const record = store.ticket(ticketID);
    if (record === undefined) throw refuse(404);
    return record;
  };
  const nameOf = (accountID: string) => store.account(accountID)?.displayName ?? accountID;

  return (
    new Hono<MoovEnv>()
      .use(refuseOtherSites)
      .get('/', (c) => {
        const wanted = c.req.query('account') ?? '';
        const records = store.tickets(wanted === '' ? undefined : wanted);
        const withTickets = [...new Set(store.tickets().map(({ accountID }) => accountID))];
        const content = html`
        <h1>Support agent</h1>
        <p>Play Moov’s support: open a ticket, answer it, change its status. The portal is told by webhook.</p>
        <form class="row" method="get" action="/agent">
          <div><label for="account">Account</label>
          <select id="account" name="account">
            <option value="">All accounts</option>
            ${withTickets.map(
              (accountID) =>
                html`<option value="${accountID}" ${accountID === wanted ? 'selected' : ''}>${nameOf(accountID)}</option>`,
            )}
          </select></div>
          <button>Show</button>
        </form>
        <p class="muted">${records.length} ${records.length === 1 ? 'ticket' : 'tickets'}${records.length > mostListed ? `, the newest ${mostListed} shown` : ''}</p>
        <div class="scroll" role="region" aria-label="Tickets" tabindex="0"><table>
          <thead><tr><th>Number</th><th>Title</th><th>Account</th><th>Status</th><th>Latest message</th></tr></thead>
          <tbody>${records
            .slice(0, mostListed)
            .map(
              ({ accountID, ticket }) =>
                html`<tr><td>${ticket.number}</td><td><a href="/agent/tickets/${ticket.ticketID}">${ticket.title}</a></td><td>${nameOf(accountID)}</td><td class="short">${ticket.status}</td><td class="short">${readable(ticket.latestMessageOn)}</td></tr>`,
            )}</tbody>
        </table></div>`;
        return c.html(page('Support agent', content, portalOrigin), 200, pageHeaders);
      })
      .get('/tickets/:ticketID', (c) => {
        const { accountID, ticket, messages } = find(c.req.param('ticketID'));
        const inPortal = `${portalOrigin}/accounts/${accountID}/tickets/${ticket.ticketID}`;
        const content = html`
        <p><a href="/agent">All tickets</a></p>
        <h1>${ticket.number}: ${ticket.title}</h1>
        <p>${nameOf(accountID)} · <strong>${ticket.status}</strong> · ${ticket.contact.name ?? ''} ${ticket.contact.email}
        ${ticket.foreignID === undefined ? '' : html` · reference <code>${ticket.foreignID}</code>`}
        ${portalOrigin === undefined ? '' : html` · <a href="${inPortal}">in the portal</a>`}</p>

        <h2>Conversation</h2>
        ${messages.map(
          ({ author, body, sentOn }, index) => html`<article class="message">
            <h3>${author} <span class="muted">${readable(sentOn)}</span></h3>
            <iframe class="${body.length > 600 ? 'tall' : ''}" sandbox="" title="Message of ${author}" src="/agent/tickets/${ticket.ticketID}/messages/${index}"></iframe>
          </article>`,
        )}

        <h2>Answer</h2>
        <form method="post" action="/agent/tickets/${ticket.ticketID}/messages">
          <label for="author">From</label>
          <input id="author" name="author" value="${agentName}" autocomplete="off">
          <label for="text">Text</label>
          <textarea id="text" name="text" rows="5" required></textarea>
          <div class="actions"><button class="primary">Send answer</button></div>
        </form>
        <form method="post" action="/agent/tickets/${ticket.ticketID}/messages">
          <input type="hidden" name="author" value="${agentName}">
          <input type="hidden" name="sample" value="mail">
          <div class="actions"><button>Send a sample mail (table, image, quoted history)</button></div>
        </form>

        <h2>Status</h2>
        <form class="actions" method="post" action="/agent/tickets/${ticket.ticketID}/status">
          ${ticketStatuses.map(
            (status) =>
              html`<button name="status" value="${status}" aria-pressed="${status === ticket.status ? 'true' : 'false'}">${status}</button>`,
          )}
        </form>`;
        return c.html(page(`Ticket ${ticket.number}`, content, portalOrigin), 200, pageHeaders);
      })
      // One message as it came, for a frame of its own: it may bring its own styles, but nothing in it can run.
      .get('/tickets/:ticketID/messages/:index', (c) => {
        const message = find(c.req.param('ticketID')).messages[Number(c.req.param('index'))];
        if (message === undefined) throw refuse(404);
        return c.html(
          `<!doctype html><meta charset="utf-8"><title>Message</title>${message.body}`,
          200,
          messageHeaders,
        );
      })
      .post('/tickets/:ticketID/messages', async (c) => {
        const record = find(c.req.param('ticketID'));
        const { author, text, sample } = await c.req.parseBody();
        const name = typeof author === 'string' && author.trim() !== '' ? author.trim() : agentName;
        const latest = record.messages.at(-1);
        if (sample === 'mail' && latest !== undefined) {
          const quoted = { text: plain(latest.body), on: new Date(latest.sentOn) };
          store.addMessage(record, name, mailStyleMessage('Jordan Ames', quoted));
        } else if (typeof text === 'string' && text.trim() !== '') store.addMessage(record, name, paragraphs(text));
        return c.redirect(`/agent/tickets/${record.ticket.ticketID}`, 303);
      })
      .post('/tickets/:ticketID/status', async (c) => {
        const record = find(c.req.param('ticketID'));
        const { status: asked } = await c.req.parseBody();
        const status = ticketStatuses.find((one) => one === asked);
        if (status !== undefined && status !== record.ticket.status) store.setStatus(record, status);
        return c.redirect(`/agent/tickets/${record.ticket.ticketID}`, 303);
      })
  );
}
