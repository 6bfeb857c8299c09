// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followNews } from './events.ts';

/** Stands in for the browser's stream: the test says what comes. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readyState = 0;
  readonly url: string;
  constructor(url: string) {
    super();
    this.url = url;
    FakeSource.all.push(this);
  }
  opened(data: unknown = { webhooks: true }) {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
    this.news('ready', data);
  }
  failed(readyState: 0 | 2) {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
  news(kind: string, data: unknown, id = '') {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId: id }));
  }
  close() {
    this.readyState = 2;
  }
}

const listener = { onTicket: vi.fn(), onSubmission: vi.fn(), onLook: vi.fn() };
let stop: () => void;
const latest = () => {
  const source = FakeSource.all.at(-1);
  if (source === undefined) throw new Error('no stream was opened');
  return source;
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeSource);
  FakeSource.all = [];
  vi.clearAllMocks();
  stop = followNews(listener, 7);
});
afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('news are passed on, parsed', () => {
  latest().opened();
  latest().news('ticket', { accountID: 'a', ticketID: 't', kind: 'messageAdded' });
  expect(listener.onTicket).toHaveBeenCalledWith({ accountID: 'a', ticketID: 't', kind: 'messageAdded' });
  latest().news('submission', { accountID: 'a', submissionID: 's', state: 'created', ticketID: 't' });
  expect(listener.onSubmission).toHaveBeenCalledWith(expect.objectContaining({ state: 'created' }));
});

test('news of a kind that this page does not know make it look for itself', () => {
  latest().opened();
  latest().news('ticket', { accountID: 'a', ticketID: 't', kind: 'merged' });
  latest().dispatchEvent(new MessageEvent('submission', { data: '{"accountID":' }));
  expect(listener.onTicket).not.toHaveBeenCalled();
  expect(listener.onSubmission).not.toHaveBeenCalled();
  expect(listener.onLook).toHaveBeenCalledTimes(2);
});

test('with a stream nothing is polled; without one, twice a minute', () => {
  latest().opened();
  vi.advanceTimersByTime(90_000);
  expect(listener.onLook).not.toHaveBeenCalled();
  latest().failed(0);
  vi.advanceTimersByTime(60_000);
  expect(listener.onLook).toHaveBeenCalledTimes(2);
});

test('where Moov tells the portal nothing, the page looks for itself twice a minute though the stream is there', () => {
  latest().opened({ webhooks: false });
  vi.advanceTimersByTime(60_000);
  expect(listener.onLook).toHaveBeenCalledTimes(2);
  latest().news('submission', { accountID: 'a', submissionID: 's', state: 'queued' });
  expect(listener.onSubmission).toHaveBeenCalledOnce();
});

test('a portal of the version before says nothing of webhooks: its stream is believed in', () => {
  latest().opened({});
  vi.advanceTimersByTime(60_000);
  expect(listener.onLook).not.toHaveBeenCalled();
});

test('a stream that is refused makes the page look at once, so that it learns that nobody is signed in any more', () => {
  latest().opened();
  latest().failed(2);
  expect(listener.onLook).toHaveBeenCalledOnce();
});

test('the stream starts where the news stood when the page was read', () => {
  expect(latest().url).toBe('/api/events?after=7');
});

test('a refused stream is asked for again, more and more rarely, from the last news seen', () => {
  latest().opened();
  latest().news('ticket', { accountID: 'a', ticketID: 't', kind: 'updated' }, '12');
  latest().news('ticket', { accountID: 'a', ticketID: 't', kind: 'updated' });
  latest().failed(2);
  vi.advanceTimersByTime(2_000);
  expect(FakeSource.all).toHaveLength(2);
  latest().failed(2);
  vi.advanceTimersByTime(2_000);
  expect(FakeSource.all).toHaveLength(2);
  vi.advanceTimersByTime(2_000);
  expect(FakeSource.all).toHaveLength(3);
  expect(latest().url).toBe('/api/events?after=12');
  expect(listener.onLook, 'at once, and not each time').toHaveBeenCalledOnce();
  latest().opened();
  latest().failed(2);
  vi.advanceTimersByTime(2_000);
  expect(FakeSource.all, 'soon again after one that was there').toHaveLength(4);
});

test('a stream that falls silent is taken for dead, and another goes on after the last news seen', () => {
  latest().opened();
  latest().news('heartbeat', {});
  latest().news('ticket', { accountID: 'a', ticketID: 't', kind: 'updated' }, '12');
  const silent = latest();
  for (let beats = 0; beats < 6; beats += 1) {
    vi.advanceTimersByTime(15_000);
    silent.news('heartbeat', {}, '12');
  }
  expect(FakeSource.all).toHaveLength(1);
  vi.advanceTimersByTime(40_000);
  expect(silent.readyState).toBe(FakeSource.CLOSED);
  expect(FakeSource.all).toHaveLength(2);
  expect(latest().url).toBe('/api/events?after=12');
  expect(listener.onLook).not.toHaveBeenCalled();
  vi.advanceTimersByTime(40_000);
  expect(listener.onLook, 'meanwhile the page looks for itself').toHaveBeenCalled();
  expect(FakeSource.all, 'and one more, when that says nothing at all').toHaveLength(3);
});

test('a portal of the version before sends no heartbeats: its stream may be silent', () => {
  latest().opened();
  vi.advanceTimersByTime(600_000);
  expect(FakeSource.all).toHaveLength(1);
});

test('a refused stream is not asked for twice, though it was heard of before', () => {
  latest().opened();
  latest().news('heartbeat', {});
  for (let tries = 0; tries < 6; tries += 1) {
    latest().failed(2);
    vi.advanceTimersByTime(60_000);
  }
  expect(FakeSource.all.length).toBeLessThanOrEqual(1 + 6 * 2);
  expect(FakeSource.all.filter(({ readyState }) => readyState !== FakeSource.CLOSED)).toHaveLength(1);
});

test('what was missed while the page was out of sight is looked for when it is seen again', () => {
  const visible = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  latest().opened();
  latest().news('reset', {});
  expect(listener.onLook).not.toHaveBeenCalled();
  visible.mockReturnValue('visible');
  document.dispatchEvent(new Event('visibilitychange'));
  document.dispatchEvent(new Event('visibilitychange'));
  expect(listener.onLook).toHaveBeenCalledOnce();
  visible.mockRestore();
});

test.each([
  ['a stream is open', () => latest().opened()],
  ['a stream may fall silent', () => latest().news('heartbeat', {})],
  ['a stream was refused', () => latest().failed(2)],
])('after the end nothing is asked any more, though %s', (_, before) => {
  before();
  listener.onLook.mockClear();
  stop();
  vi.advanceTimersByTime(300_000);
  expect(FakeSource.all).toHaveLength(1);
  expect(latest().readyState).toBe(2);
  expect(listener.onLook).not.toHaveBeenCalled();
});
