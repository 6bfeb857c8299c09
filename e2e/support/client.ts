import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent } from 'undici';
import { heartbeat } from '../../src/contract/event.ts';
import { call } from '../../src/contract/paths.ts';

const sessionCookie = '__Host-Http-session';

/** One answer of the portal, read to its end. */
type Reply = { status: number; headers: Record<string, string | string[] | undefined>; text: string };
/** One piece of live news. */
type News = { id: number; event: string; data: string };

/** A stream of live news, followed as a page does: when it ends, it is opened again after the last news. */
type Following = {
  news: News[];
  /** the times to wait before connecting again that the portal has sent (ms), oldest first */
  retries: number[];
  /** an error for each time that connecting failed, the stream broke, or the answer was not a stream */
  refused: string[];
  /** resolves when more than `times` streams have been opened so far (default 0: when the first one is) */
  connected(times?: number): Promise<void>;
  stop(): Promise<void>;
};

/**
 * A client without a browser that looks like a person's browser to the portal: it keeps cookies, signs in, makes calls and follows live
 * news.
 * @param origin the portal's public origin
 * @param ca the certificate to trust at an https origin
 */
export function createClient(origin: string, ca?: string) {
  const agent = new Agent({ connections: 16, ...(ca !== undefined && { connect: { ca } }) });
  const jar = new Map<string, string>();
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

  async function visit(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: URL,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Reply> {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...headers, ...(url.origin === origin && { cookie: cookie() }) },
      ...(body !== undefined && { body }),
    });
    for (const set of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = set.split(';', 1);
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  const client = {
    /**
     * Signs in, at an identity provider whose page has one link back to the portal.
     * @param headers in addition, with each request
     * @throws when that does not lead to a session
     */
    async signIn(headers: Record<string, string> = {}) {
      let next = new URL('/auth/login?returnTo=/', origin);
      for (let hop = 0; hop < 6; hop += 1) {
        const answer = await visit('GET', next, headers);
        const link = answer.headers.location ?? /href="([^"]+)"/.exec(answer.text)?.[1]?.replaceAll('&amp;', '&');
        if (jar.has(sessionCookie)) return;
        if (typeof link !== 'string') break;
        next = new URL(link, next);
      }
      throw new Error(`signing in at ${origin} did not work`);
    },
    /** The session cookie, as `name=value`. */
    session: () => `${sessionCookie}=${jar.get(sessionCookie)}`,
    /** The values of its cookies, which must not be in any log or answer. */
    secrets: () => [...jar.values()].map((value) => value.split(';', 1)[0] ?? ''),
    get: (path: string, headers: Record<string, string> = {}) => visit('GET', new URL(path, origin), headers),
    /** A state-changing call, as the portal's own pages make it. */
    change: (
      method: 'POST' | 'PATCH' | 'DELETE',
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<Reply> =>
      visit(
        method,
        new URL(path, origin),
        { origin, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        body === undefined ? undefined : JSON.stringify(body),
      ),
    file: (accountID: string, title: string, key: string = randomUUID()): Promise<Reply> =>
      client.change(
        'POST',
        call.tickets(accountID),
        { title, body: '<p>What happened, from the start.</p>', contact: { email: 'mel@wholebody.example' } },
        { 'idempotency-key': key },
      ),

    /** Follows live news from now on. */
    follow(): Following {
      const news: News[] = [];
      const retries: number[] = [];
      const refused: string[] = [];
      const over = new AbortController();
      let streams = 0;
      let lastID = '';
      let waitMs = 1_000;
      const waiting = new Set<() => void>();
      const take = (block: string) => {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1];
        const retry = field('retry');
        if (retry !== undefined) {
          waitMs = Number(retry);
          retries.push(waitMs);
        }
        lastID = field('id') ?? lastID;
        const event = field('event');
        if (event !== undefined && event !== heartbeat.event)
          news.push({ id: Number(field('id') ?? lastID), event, data: field('data') ?? '' });
        if (event === 'ready') {
          streams += 1;
          for (const look of waiting) look();
        }
      };
      async function one() {
        const answer = await agent.request({
          origin,
          path: '/api/events',
          method: 'GET',
          headers: { cookie: cookie(), ...(lastID !== '' && { 'last-event-id': lastID }) },
          signal: over.signal,
          bodyTimeout: 0,
        });
        if (answer.statusCode !== 200) {
          await answer.body.dump();
          throw new Error(`answered with ${answer.statusCode}`);
        }
        let rest = '';
        for await (const chunk of answer.body.setEncoding('utf8')) {
          const blocks = (rest + String(chunk)).split('\n\n');
          rest = blocks.pop() ?? '';
          for (const block of blocks) take(block);
        }
      }
      const reading = (async () => {
        while (!over.signal.aborted) {
          try {
            await one();
          } catch (error) {
            if (!over.signal.aborted) refused.push(String(error));
          }
          await pause(waitMs, undefined, { signal: over.signal }).catch(() => undefined);
        }
      })();
      return {
        news,
        retries,
        refused,
        connected: (times = 0) =>
          new Promise((resolve) => {
            const look = () => {
              if (streams <= times) return;
              waiting.delete(look);
              resolve();
            };
            waiting.add(look);
            look();
          }),
        async stop() {
          over.abort();
          await reading;
        },
      };
    },
    close: () => agent.destroy(),
  };
  return client;
}
export type Client = ReturnType<typeof createClient>;
