import { expect, test } from 'vitest';
import { accountIDs, people } from '../people.ts';
import { createMoov } from './app.ts';
import { faults } from './faults.ts';

const origin = 'http://localhost';
const start = () => createMoov({ portalOrigin: 'http://localhost:3000' });
const post = (moov: ReturnType<typeof start>, path: string, fields: Record<string, string>, from = origin) =>
  moov.app.request(`${origin}${path}`, {
    method: 'POST',
    headers: { origin: from },
    body: new URLSearchParams(fields),
  });
function firstTicket(moov: ReturnType<typeof start>) {
  const record = moov.store.tickets(accountIDs.wholeBodyFitness)[0];
  if (record === undefined) throw new Error('no seeded ticket');
  return { record, path: `/agent/tickets/${record.ticket.ticketID}` };
}

test('the help page lists every person, every account and every fault', async () => {
  const moov = start();
  const page = await (await moov.app.request('/')).text();
  for (const { name } of people) expect(page).toContain(name);
  for (const { title } of faults) expect(page).toContain(`<code class="copy">${title}</code>`);
  for (const accountID of Object.values(accountIDs)) expect(page).toContain(accountID);
});

test('the outage button switches and comes back to the page', async () => {
  const moov = start();
  const answer = await post(moov, '/_sandbox/outage', { mode: 'down' });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/#outage']);
  expect(moov.outage.mode()).toBe('down');
});

test('an agent’s answer is added as paragraphs, and shows no markup of its own', async () => {
  const moov = start();
  const { record, path } = firstTicket(moov);
  const answer = await post(moov, `${path}/messages`, { author: 'Jordan', text: 'First <b>line</b>\nsecond\n\nThird' });
  expect(answer.headers.get('location')).toBe(path);
  expect(record.messages.at(-1)).toMatchObject({
    author: 'Jordan',
    body: '<p>First &lt;b&gt;line&lt;/b&gt;<br>second</p><p>Third</p>',
  });
});

test('the sample mail has a table, images and the quoted history', async () => {
  const moov = start();
  const { record, path } = firstTicket(moov);
  await post(moov, `${path}/messages`, { sample: 'mail' });
  const body = record.messages.at(-1)?.body;
  for (const part of ['<table', '<img src="https://', 'gmail_quote']) expect(body).toContain(part);
});

test('an agent changes the status, and reopens a closed ticket', async () => {
  const moov = start();
  const { record, path } = firstTicket(moov);
  await post(moov, `${path}/status`, { status: 'closed' });
  expect(record.ticket.closedOn).toBeDefined();
  await post(moov, `${path}/status`, { status: 'in-progress' });
  expect(record.ticket).not.toHaveProperty('closedOn');
});

test('a message is shown in a frame in which nothing runs', async () => {
  const moov = start();
  const { record } = firstTicket(moov);
  moov.store.addMessage(record, 'Mallory', '<script>alert(1)</script>');
  const path = `/agent/tickets/${record.ticket.ticketID}`;
  const page = await (await moov.app.request(path)).text();
  expect(page).not.toContain('<script');
  const alone = await moov.app.request(`${path}/messages/${record.messages.length - 1}`);
  expect(alone.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
});

test('another site cannot press the buttons', async () => {
  const moov = start();
  const { record, path } = firstTicket(moov);
  const answer = await post(moov, `${path}/status`, { status: 'closed' }, 'https://evil.example');
  expect(answer.status).toBe(403);
  expect((await post(moov, '/_sandbox/outage', { mode: 'down' }, 'https://evil.example')).status).toBe(403);
  expect(record.ticket.status).not.toBe('closed');
});

test('a ticket that does not exist is not found', async () => {
  expect((await start().app.request('/agent/tickets/none')).status).toBe(404);
});
