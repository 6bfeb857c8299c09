import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { freshStore } from '../testing/database.ts';
import type { Store } from './engine.ts';
import { rememberSessions } from './session-memory.ts';
import { type Sessions, sessionsIn } from './sessions.ts';

/** How often to look, and for how long at most: long, because the machine may be busy. */
const soon = { interval: 5, timeout: 20_000 };
const fresh = freshStore();

/** The sessions of one instance of the portal, with counts of its queries. */
async function instance(on: Store = fresh.store) {
  const direct = sessionsIn(on.db);
  let asked = 0;
  let slid = 0;
  const counting: Sessions = {
    ...direct,
    slide(idHash, idleMinutes) {
      slid += 1;
      return direct.slide(idHash, idleMinutes);
    },
    find(idHash) {
      asked += 1;
      return direct.find(idHash);
    },
  };
  return { direct, sessions: await rememberSessions(counting, on), asked: () => asked, slid: () => slid };
}
async function begin(sessions: Sessions, personID: string = randomUUID()) {
  const idHash = createHash('sha256').update(randomBytes(32)).digest('base64url');
  await sessions.begin({
    idHash,
    person: { personID, issuer: 'test', subject: personID, name: 'Mel' },
    role: 'partner',
    idleMinutes: 60,
    maxHours: 12,
  });
  return { idHash, personID };
}

test('a page that asks for ten things asks the database once who it is from', async () => {
  const { sessions, asked } = await instance();
  const { idHash } = await begin(sessions);
  const found = await Promise.all(Array.from({ length: 10 }, () => sessions.find(idHash)));
  expect(found.every((session) => session?.name === 'Mel')).toBe(true);
  expect(asked()).toBe(1);
  await sessions.stopRemembering();
});

test('a page that asks for ten things moves the end of its session on once, and everybody sees it moved', async () => {
  const { sessions, slid } = await instance();
  const { idHash } = await begin(sessions);
  await fresh.store.db.execute(sql`
    update sessions set seen_at = now() - interval '5 minutes', idle_ends_at = now() + interval '10 minutes' where id_hash = ${idHash}`);
  await vi.waitUntil(async () => ((await sessions.find(idHash))?.leftMs ?? 0) < 11 * 60_000, soon);
  await Promise.all(Array.from({ length: 10 }, () => sessions.slide(idHash, 60)));
  expect(slid()).toBe(1);
  const moved = await sessions.find(idHash);
  expect(moved?.leftMs).toBeGreaterThan(59 * 60_000);
  expect(Date.now() - (moved?.seenAt.getTime() ?? 0)).toBeLessThan(30_000);
  await sessions.slide(idHash, 60);
  expect(slid()).toBe(2);
  await sessions.stopRemembering();
});

test('an end that could not be moved on is moved on by the next call', async () => {
  const direct = sessionsIn(fresh.store.db);
  let refusing = true;
  const sessions = await rememberSessions(
    {
      ...direct,
      slide: (idHash, idleMinutes) =>
        refusing ? Promise.reject(new Error('gone')) : direct.slide(idHash, idleMinutes),
    },
    fresh.store,
  );
  const { idHash } = await begin(sessions);
  const both = await Promise.allSettled([sessions.slide(idHash, 60), sessions.slide(idHash, 60)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  refusing = false;
  await sessions.slide(idHash, 60);
  await sessions.stopRemembering();
});

describe('a session that has ended lets nobody in any more', () => {
  type Way = [string, (sessions: Sessions, one: { idHash: string; personID: string }) => Promise<unknown>];
  const ways: Way[] = [
    ['by signing out', (sessions, { idHash }) => sessions.end(idHash)],
    ['by the identity provider or an operator', (sessions, { personID }) => sessions.endAll({ personID })],
    [
      'by signing in anew',
      (sessions, { idHash, personID }) =>
        sessions.begin({
          idHash: randomUUID(),
          replaces: [idHash],
          person: { personID, issuer: 'test', subject: personID, name: 'Mel' },
          role: 'partner',
          idleMinutes: 60,
          maxHours: 12,
        }),
    ],
    ...[{ role: null }, { role: 'partner' as const, accountID: randomUUID() }].map(
      (rights): Way => [
        `by signing in on another device with ${'accountID' in rights ? 'another account' : 'another role'}`,
        (sessions, { personID }) =>
          sessions.begin({
            idHash: randomUUID(),
            person: { personID, issuer: 'test', subject: personID, name: 'Mel' },
            ...rights,
            idleMinutes: 60,
            maxHours: 12,
          }),
      ],
    ),
  ];
  test.each(ways)('%s, in the instance that ended it, from the very next call', async (_, endIt) => {
    const { sessions } = await instance();
    const one = await begin(sessions);
    expect(await sessions.find(one.idHash)).toBeDefined();
    await endIt(sessions, one);
    expect(await sessions.find(one.idHash)).toBeUndefined();
    await sessions.stopRemembering();
  });

  test.each(ways)('%s, in another instance, long before it would have asked again', async (_, endIt) => {
    const [here, there] = [await instance(), await instance()];
    const one = await begin(here.sessions);
    expect(await there.sessions.find(one.idHash)).toBeDefined();
    const endedAt = performance.now();
    // Directly in the database, without the memory of an instance, as another process or `npm run admin` does.
    await endIt(here.direct, one);
    await vi.waitUntil(async () => (await there.sessions.find(one.idHash)) === undefined, soon);
    expect(performance.now() - endedAt).toBeLessThan(5_000);
    await here.sessions.stopRemembering();
    await there.sessions.stopRemembering();
  });

  test.each([
    ['of doing nothing', 'idle_ends_at'],
    ['that any may last', 'ends_at'],
  ])('by the time %s, to the moment', async (_, end) => {
    const { sessions } = await instance();
    const one = await begin(sessions);
    await fresh.store.db.execute(
      sql`update sessions set ${sql.identifier(end)} = now() + interval '300 milliseconds' where id_hash = ${one.idHash}`,
    );
    expect(await sessions.find(one.idHash)).toBeDefined();
    const readAt = performance.now();
    await vi.waitUntil(async () => (await sessions.find(one.idHash)) === undefined, soon);
    expect(performance.now() - readAt).toBeLessThan(5_000);
    await sessions.stopRemembering();
  });

  test('while it was being read, too', async () => {
    const reading: (() => void)[] = [];
    const direct = sessionsIn(fresh.store.db);
    const slow: Sessions = {
      ...direct,
      async find(idHash) {
        const found = await direct.find(idHash);
        await new Promise<void>((resolve) => {
          reading.push(resolve);
        });
        return found;
      },
    };
    const sessions = await rememberSessions(slow, fresh.store);
    const { idHash } = await begin(sessions);
    const early = sessions.find(idHash);
    await vi.waitUntil(() => reading.length === 1, soon);
    await sessions.end(idHash);
    reading[0]?.();
    expect(await early).toBeDefined();
    const late = sessions.find(idHash);
    await vi.waitUntil(() => reading.length === 2, soon);
    reading[1]?.();
    expect(await late).toBeUndefined();
    await sessions.stopRemembering();
  });
});

/** A store whose connection for notices the test can lose and restore. */
function deafening() {
  const line = { lose: (): void => undefined, heardAgain: (): void => undefined };
  const deaf: Store = {
    ...fresh.store,
    listen(_, heard, lost = () => undefined) {
      line.lose = lost;
      line.heardAgain = heard;
      heard();
      return Promise.resolve({ stop: () => Promise.resolve() });
    },
  };
  return { deaf, line };
}

test('while news of ended sessions cannot be heard, every call asks the database', async () => {
  const { deaf, line } = deafening();
  const { direct, sessions, asked } = await instance(deaf);
  const { idHash } = await begin(sessions);
  await sessions.find(idHash);
  await sessions.find(idHash);
  expect(asked()).toBe(1);
  line.lose();
  await direct.end(idHash);
  expect(await sessions.find(idHash)).toBeUndefined();
  const other = await begin(sessions);
  await sessions.find(other.idHash);
  await sessions.find(other.idHash);
  expect(asked()).toBe(4);
  line.heardAgain();
  await sessions.find(other.idHash);
  await sessions.find(other.idHash);
  expect(asked()).toBe(5);
});

test('a session is asked for again after ten seconds, should nobody be told any more that it has ended', async () => {
  const unheard: Store = {
    ...fresh.store,
    listen(_, heard) {
      heard();
      return Promise.resolve({ stop: () => Promise.resolve() });
    },
  };
  const { direct, sessions } = await instance(unheard);
  const { idHash } = await begin(sessions);
  const now = vi.spyOn(performance, 'now');
  onTestFinished(() => now.mockRestore());
  now.mockReturnValue(1_000);
  expect(await sessions.find(idHash)).toBeDefined();
  await direct.end(idHash);
  now.mockReturnValue(11_001);
  expect(await sessions.find(idHash)).toBeUndefined();
});

test('a question that the database could not answer is asked again by the next call', async () => {
  const direct = sessionsIn(fresh.store.db);
  let failing = true;
  const sessions = await rememberSessions(
    { ...direct, find: (idHash) => (failing ? Promise.reject(new Error('gone')) : direct.find(idHash)) },
    fresh.store,
  );
  const { idHash } = await begin(sessions);
  await expect(sessions.find(idHash)).rejects.toThrow('gone');
  failing = false;
  expect(await sessions.find(idHash)).toBeDefined();
  await sessions.stopRemembering();
});

test('whoever guesses ids pushes nobody out of the memory, and of more people than it holds the first are asked for again', async () => {
  const direct = sessionsIn(fresh.store.db);
  const { idHash } = await begin(direct);
  const mel = await direct.find(idHash);
  const asked: string[] = [];
  const sessions = await rememberSessions(
    {
      ...direct,
      find(id) {
        asked.push(id);
        return Promise.resolve(id.startsWith('guess') ? undefined : mel);
      },
    },
    fresh.store,
  );
  const askedFor = () => asked.filter((id) => id === 'mel').length;
  await sessions.find('mel');
  for (let guess = 0; guess < 10_001; guess += 1) await sessions.find(`guess ${guess}`);
  await sessions.find('mel');
  expect(askedFor()).toBe(1);
  for (let person = 0; person < 10_000; person += 1) await sessions.find(`person ${person}`);
  await sessions.find('mel');
  expect(askedFor()).toBe(2);
  await sessions.stopRemembering();
});

test('who watches a session is told of its end, and not any more once they have stopped watching', async () => {
  const { sessions } = await instance();
  const { idHash } = await begin(sessions);
  const [watching, stopped] = [vi.fn(), vi.fn()];
  sessions.watch(idHash, watching);
  sessions.watch(idHash, stopped)();
  await sessions.end(idHash);
  await vi.waitFor(() => expect(watching).toHaveBeenCalled());
  expect(stopped).not.toHaveBeenCalled();
  await sessions.stopRemembering();
});

test('who watches a session looks as soon as news can be heard again: its end may have been told meanwhile', async () => {
  const { deaf, line } = deafening();
  const { sessions } = await instance(deaf);
  const { idHash } = await begin(sessions);
  const watching = vi.fn();
  sessions.watch(idHash, watching);
  line.lose();
  expect(watching).not.toHaveBeenCalled();
  line.heardAgain();
  expect(watching).toHaveBeenCalledTimes(1);
});
