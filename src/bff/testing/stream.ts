import { expect } from 'vitest';
import { heartbeat } from '../../contract/event.ts';
import { call } from '../../contract/paths.ts';
import type { World } from './world.ts';

/** One event of a stream. */
type News = { id: string; event: string; data: unknown };

/** Opens a person's stream of live events and reads it until it ends or is closed. */
export async function openStream(world: World, cookie: string, from: { lastEventID?: string; after?: number } = {}) {
  const { lastEventID, after } = from;
  const answer = await world.call(
    'GET',
    after === undefined ? '/api/events' : call.events(after),
    cookie,
    undefined,
    lastEventID === undefined ? {} : { 'last-event-id': lastEventID },
  );
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('the stream has no body');
  const news: News[] = [];
  const state = { open: true, heartbeats: 0, lastID: lastEventID ?? '' };

  function take(block: string) {
    const fields = new Map(
      block.split('\n').map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
      }),
    );
    state.lastID = fields.get('id') ?? state.lastID;
    const event = fields.get('event');
    if (event === heartbeat.event) state.heartbeats += 1;
    else if (event !== undefined)
      news.push({ id: fields.get('id') ?? '', event, data: JSON.parse(fields.get('data') ?? 'null') });
  }
  const reading = (async () => {
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) take(block);
    }
    state.open = false;
  })();
  return {
    /** every event so far, `ready` and `reset` included */
    news,
    state,
    /** the data of one kind of event so far */
    dataOf: (event: string) => news.filter((one) => one.event === event).map(({ data }) => data),
    /** Goes away, as a closed page does. */
    async close() {
      await reader.cancel();
      await reading;
    },
  };
}
