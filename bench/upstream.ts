import { createServer } from 'node:http';

/*
 * A program that stands in for the Moov API. It has only the calls that the benchmark makes, and answers them as fast as Node can.
 * `PORT` is where it listens, `DELAY_MS` how long (in ms) calls about tickets wait for their answer.
 */
const delayMs = Number(process.env.DELAY_MS ?? 0);
const connected = Array.from({ length: 50 }, (_, index) => ({
  accountID: `b0000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  displayName: `Shop ${index}`,
  accountType: 'business',
}));
let serial = 0;
const nextID = () => {
  serial += 1;
  return `c0000000-0000-4000-8000-${serial.toString(16).padStart(12, '0')}`;
};
const ticket = (index: number) => ({
  ticketID: `d0000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  number: 40_000 + index,
  title: `Payout of ${index + 1} May has not arrived at the bank`,
  contact: { email: 'pat@partner.example', name: 'Pat Nguyen' },
  status: 'in-progress',
  createdOn: '2026-05-12T09:30:00Z',
  updatedOn: '2026-05-13T11:45:10Z',
  latestMessageOn: '2026-05-13T11:45:10Z',
  foreignID: `order-${String(index).padStart(6, '0')}`,
});
// 2 KB of tickets, built once: the benchmark measures the way through the portal and the proxies, not this program.
const page = JSON.stringify({
  items: Array.from({ length: 6 }, (_, index) => ticket(index)),
  nextPage: { cursor: 'n' },
});
const accounts = JSON.stringify(connected);
const token = JSON.stringify({ access_token: 'x'.repeat(400), token_type: 'Bearer', expires_in: 900 });
const [createdHead = '', createdTail = ''] = JSON.stringify({ ...ticket(0), ticketID: '\0' }).split('\\u0000');

createServer((request, response) => {
  const isTickets = request.url?.includes('/tickets') === true;
  const body =
    request.url === '/oauth2/token'
      ? token
      : !isTickets
        ? accounts
        : request.method === 'POST'
          ? createdHead + nextID() + createdTail
          : page;
  const answer = () =>
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'x-request-id': 'upstream-request',
      })
      .end(body);
  request.resume();
  if (isTickets && delayMs > 0) setTimeout(answer, delayMs);
  else request.once('end', answer);
}).listen(Number(process.env.PORT), '127.0.0.1');
