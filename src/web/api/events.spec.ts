// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { followNews } from './events.ts';
import { takePlace } from './place.ts';

/** Stands in for the browser's `EventSource`: the test decides which events arrive. */
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

test('where Moov tells the portal nothing, a page that is seen again looks at once, however short it was out of sight', () => {
  latest().opened({ webhooks: false });
  const sight = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  vi.advanceTimersByTime(1_000);
  expect(listener.onLook).not.toHaveBeenCalled();
  sight.mockRestore();
  document.dispatchEvent(new Event('visibilitychange'));
  expect(listener.onLook).toHaveBeenCalledOnce();
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

test('a page that is told to read everything anew resumes from where the news stand by then, though that is further back', () => {
  latest().opened();
  latest().news('ticket', { accountID: 'a', ticketID: 't', kind: 'updated' }, '12');
  latest().news('reset', {}, '9');
  expect(listener.onLook).toHaveBeenCalledOnce();
  latest().failed(2);
  vi.advanceTimersByTime(2_000);
  expect(latest().url).toBe('/api/events?after=9');
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

describe('with other tabs', () => {
  /** Stands in for `navigator.locks`, which all tabs share: the first to ask holds a lock until its work is done. */
  class FakeLocks {
    readonly #last = new Map<string, Promise<unknown>>();
    async request(name: string, { signal }: { signal: AbortSignal }, work: () => Promise<void> | undefined) {
      const before = this.#last.get(name);
      const ended = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      const mine = (async () => {
        await before;
        if (!signal.aborted) await work();
      })();
      this.#last.set(name, mine);
      // Aborting ends only the wait for a lock. Whoever holds the lock keeps it.
      return Promise.race([mine, ended]);
    }
  }
  let visibility: MockInstance<() => DocumentVisibilityState>;
  const settled = () => vi.advanceTimersByTimeAsync(0);
  /** Opens three hidden tabs, which take all places. @returns closes one of them */
  const takeAllPlaces = async () => {
    const stops = Array.from({ length: 3 }, () => takePlace(() => undefined));
    await settled();
    return () => stops.pop()?.();
  };
  const see = async (state: 'visible' | 'hidden') => {
    visibility.mockReturnValue(state);
    document.dispatchEvent(new Event('visibilitychange'));
    await settled();
  };
  beforeEach(() => {
    visibility = vi.spyOn(document, 'visibilityState', 'get');
    Object.defineProperty(navigator, 'locks', { value: new FakeLocks(), configurable: true });
    latest().opened();
    latest().news('ticket', { accountID: 'a', ticketID: 't', kind: 'updated' }, '12');
  });
  afterEach(() => {
    visibility.mockRestore();
    Reflect.deleteProperty(navigator, 'locks');
  });

  test('a few tabs out of sight go on hearing the news', async () => {
    await see('hidden');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(FakeSource.all).toHaveLength(1);
    expect(latest().readyState).toBe(1);
  });

  test('one too many out of sight gives up its connection, and is told what it has missed when it is looked at', async () => {
    await takeAllPlaces();
    await see('hidden');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(latest().readyState).toBe(FakeSource.CLOSED);
    expect(FakeSource.all).toHaveLength(1);
    await see('visible');
    expect(FakeSource.all).toHaveLength(2);
    expect(latest().url).toBe('/api/events?after=12');
    expect(listener.onLook, 'the news tell all').not.toHaveBeenCalled();
  });

  test('it hears news out of sight as soon as another tab has been closed or is looked at', async () => {
    const closeOne = await takeAllPlaces();
    await see('hidden');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(latest().readyState).toBe(FakeSource.CLOSED);
    closeOne();
    await settled();
    expect(FakeSource.all).toHaveLength(2);
    expect(latest().url).toBe('/api/events?after=12');
  });

  test('looking elsewhere for a moment costs no connection', async () => {
    await takeAllPlaces();
    await see('hidden');
    await vi.advanceTimersByTimeAsync(9_000);
    await see('visible');
    await vi.advanceTimersByTimeAsync(60_000);
    await see('hidden');
    await vi.advanceTimersByTimeAsync(9_000);
    expect(FakeSource.all).toHaveLength(1);
    expect(latest().readyState).toBe(1);
  });

  test('a tab that is looked at or closed leaves its place to another', async () => {
    const closeOne = await takeAllPlaces();
    closeOne();
    await see('hidden');
    const waiting = vi.fn();
    const leave = takePlace(waiting);
    await settled();
    expect(waiting).not.toHaveBeenCalled();
    await see('visible');
    expect(waiting).toHaveBeenCalledOnce();
    leave();
    await settled();
    await see('hidden');
    const waitingToo = vi.fn();
    takePlace(waitingToo);
    await settled();
    expect(waitingToo).not.toHaveBeenCalled();
    stop();
    await settled();
    expect(waitingToo).toHaveBeenCalledOnce();
  });

  test('a page that is being left takes no place, which would keep the browser from keeping it, and one that is come back to does', async () => {
    dispatchEvent(new Event('pagehide'));
    await see('hidden');
    const others = vi.fn();
    const leaves = Array.from({ length: 3 }, () => takePlace(others));
    await settled();
    expect(others).toHaveBeenCalledTimes(3);
    for (const leave of leaves) leave();
    dispatchEvent(new Event('pageshow'));
    await see('visible');
    await see('hidden');
    for (let tabs = 0; tabs < 3; tabs += 1) takePlace(others);
    await settled();
    expect(others).toHaveBeenCalledTimes(5);
    dispatchEvent(new Event('pagehide'));
    await settled();
    expect(others).toHaveBeenCalledTimes(6);
  });

  test('a tab that is opened out of sight hears the news once it has a place', async () => {
    stop();
    FakeSource.all = [];
    const closeOne = await takeAllPlaces();
    visibility.mockReturnValue('hidden');
    stop = followNews(listener, 20);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSource.all).toHaveLength(0);
    closeOne();
    await settled();
    expect(latest()).toMatchObject({ url: '/api/events?after=20', readyState: 0 });
  });

  test('a tab that is opened out of sight and has no place hears the news when it is looked at', async () => {
    stop();
    FakeSource.all = [];
    await takeAllPlaces();
    visibility.mockReturnValue('hidden');
    stop = followNews(listener, 20);
    await settled();
    await see('visible');
    expect(FakeSource.all).toHaveLength(1);
    expect(latest().url).toBe('/api/events?after=20');
  });
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
