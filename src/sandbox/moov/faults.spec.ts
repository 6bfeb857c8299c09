import { describe, expect, test } from 'vitest';
import { sandboxKeys } from '../keys.ts';
import { accountIDs } from '../people.ts';
import { createMoov } from './app.ts';
import { ConnectionCut } from './fault-effects.ts';
import { faults, retryAfterSeconds } from './faults.ts';

const accountID = accountIDs.wholeBodyFitness;
const headers = { authorization: `Basic ${btoa(`${sandboxKeys.publicKey}:${sandboxKeys.secretKey}`)}` };

function start() {
  let at = Date.UTC(2026, 4, 20);
  const moov = createMoov({ now: () => new Date(at), requestsPerSecond: 1_000 });
  return {
    moov,
    file: async (title: string, foreignID = 'portal-1') =>
      moov.app.request(`/accounts/${accountID}/tickets`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ title, body: '<p>Text</p>', contact: { email: 'a@example.com' }, foreignID }),
      }),
    filed: (title: string) => moov.store.tickets(accountID).filter(({ ticket }) => ticket.title === title).length,
    pass(seconds: number) {
      at += seconds * 1000;
    },
  };
}
/** Faults that never end when the stand-in is called in process, so that no test can wait for them. */
const isQuick = ({ effect }: (typeof faults)[number]) => effect.do !== 'hang' && effect.do !== 'wait';

describe('every fault of the list', () => {
  test.each(faults.filter(isQuick))('$title does what it says', async ({ title, effect, lasts }) => {
    const { file, filed, pass } = start();
    const attempt = () => file(title).catch((error: unknown) => error);
    const first = await attempt();
    const created = 'created' in effect ? effect.created === true : effect.do === 'garble';
    expect(filed(title)).toBe(created ? 1 : 0);

    if (effect.do === 'cut') expect(first).toBeInstanceOf(ConnectionCut);
    if (effect.do !== 'cut' && !(first instanceof Response)) throw new Error(`no answer: ${first}`);
    if (first instanceof Response) {
      const status = 'status' in effect ? effect.status : effect.do === 'fields' ? 422 : 200;
      expect(first.status).toBe(status);
      if (effect.do === 'answer') expect(await first.text()).toBe('');
      if (effect.do === 'error') expect(await first.json()).toEqual({ error: effect.error });
      if (effect.do === 'fields') {
        const tree: unknown = await first.json();
        for (const path of effect.fields) expect(tree).toHaveProperty(path, expect.stringMatching(/^[A-Z].+\.$/));
      }
    }

    pass(retryAfterSeconds);
    const second = await attempt();
    const got = second instanceof Response && second.status === 200;
    expect(got).toBe(lasts === 'first' || effect.do === 'garble');
  });

  test('has a title of its own', () => {
    expect(new Set(faults.map(({ title }) => title)).size).toBe(faults.length);
  });
});

test('a title with “always” fails every time', async () => {
  const { file } = start();
  for (let attempt = 0; attempt < 4; attempt += 1) expect((await file('fault:500 always')).status).toBe(500);
});

test('the fault may stand anywhere in a title, and another ticket of the same title fails first as well', async () => {
  const { file } = start();
  const title = 'Payout is late (fault:504 please)';
  expect((await file(title, 'portal-1')).status).toBe(504);
  expect((await file(title, 'portal-2')).status).toBe(504);
  expect((await file(title, 'portal-1')).status).toBe(200);
  expect((await file(title, 'portal-2')).status).toBe(200);
});

test('a ticket that was corrected after a refusal gets through, even under another reference', async () => {
  const { file } = start();
  expect((await file('fault:422 foreignID', 'one')).status).toBe(422);
  expect((await file('fault:422 foreignID', 'two')).status).toBe(200);
});

test('429 is answered again until its Retry-After has passed', async () => {
  const { file, pass } = start();
  const first = await file('fault:429');
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, String(retryAfterSeconds)]);
  pass(1);
  const early = await file('fault:429');
  expect([early.status, early.headers.get('retry-after')]).toEqual([429, String(retryAfterSeconds - 1)]);
  pass(retryAfterSeconds - 1);
  expect((await file('fault:429')).status).toBe(200);
});

test('a request that the rules refuse does not use up its fault', async () => {
  const { moov, file } = start();
  const broken = await moov.app.request(`/accounts/${accountID}/tickets`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ title: 'fault:500', foreignID: 'portal-1' }),
  });
  expect(broken.status).toBe(422);
  expect((await file('fault:500')).status).toBe(500);
});

test('drifted answers keep the ticketID, garbage keeps nothing', async () => {
  const { file, moov } = start();
  expect(await (await file('fault:drift')).json()).toHaveProperty('ticketID', moov.store.tickets()[0]?.ticket.ticketID);
  expect((await file('fault:garbage')).headers.get('content-type')).toContain('text/html');
});

describe('over HTTP', () => {
  const request = (title: string, signal?: AbortSignal) => ({
    method: 'POST',
    headers,
    body: JSON.stringify({ title, body: 'Text', contact: { email: 'a@example.com' } }),
    ...(signal !== undefined && { signal }),
  });

  test('a dropped connection is really cut, before or after the work', async () => {
    const { moov, filed } = start();
    const served = await moov.listen();
    const path = `${served.url}/accounts/${accountID}/tickets`;
    await expect(fetch(path, request('fault:drop-before'))).rejects.toThrow('fetch failed');
    await expect(fetch(path, request('fault:drop-after'))).rejects.toThrow('fetch failed');
    expect([filed('fault:drop-before'), filed('fault:drop-after')]).toEqual([0, 1]);
    await served.stop();
  });

  test('a slow ticket is created even if nobody waits for it', async () => {
    const { moov, filed } = start();
    const served = await moov.listen();
    const gone = new AbortController();
    const hurried = fetch(`${served.url}/accounts/${accountID}/tickets`, request('fault:slow 300', gone.signal));
    await expect.poll(() => moov.received.length).toBe(1);
    gone.abort();
    await expect(hurried).rejects.toThrow('aborted');
    expect(filed('fault:slow 300')).toBe(0);
    await expect.poll(() => filed('fault:slow 300')).toBe(1);
    await served.stop();
  });

  test('a hanging call answers nothing until the caller goes, and does not keep the sandbox from stopping', async () => {
    const { moov, filed } = start();
    const served = await moov.listen();
    const path = `${served.url}/accounts/${accountID}/tickets`;
    const gone = new AbortController();
    const waiting = fetch(path, request('fault:hang', gone.signal));
    await expect.poll(() => moov.received.length).toBe(1);
    gone.abort();
    await expect(waiting).rejects.toThrow('aborted');
    expect(filed('fault:hang')).toBe(0);
    const hanging = expect(fetch(path, request('fault:hang always'))).rejects.toThrow('fetch failed');
    await expect.poll(() => moov.received.length).toBe(2);
    await served.stop();
    await hanging;
  });
});

describe('an outage', () => {
  test('answers 500 to every call, tokens included, until it is over', async () => {
    const { moov, file } = start();
    const set = (mode: string) =>
      moov.app.request('/_sandbox/outage', { method: 'POST', body: JSON.stringify({ mode }) });
    expect(await (await set('down')).json()).toEqual({ mode: 'down' });
    const answer = await file('Ordinary');
    expect([answer.status, await answer.text()]).toEqual([500, '']);
    expect((await moov.app.request('/oauth2/token', { method: 'POST', headers })).status).toBe(500);
    await set('up');
    expect((await file('Ordinary')).status).toBe(200);
    expect((await set('sideways')).status).toBe(400);
  });
});
