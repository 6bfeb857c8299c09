import { expect, test, vi } from 'vitest';
import { createUnchanged } from './unchanged.ts';

const parse = (body: Buffer): unknown => JSON.parse(body.toString());
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

test('an answer that is the same to the byte is read once, and another as soon as it comes', () => {
  const read = vi.fn(parse);
  const unchanged = createUnchanged(read);
  const first = unchanged('/tickets', json({ items: [1] }));
  expect(unchanged('/tickets', json({ items: [1] }))).toBe(first);
  expect(read).toHaveBeenCalledTimes(1);
  expect(unchanged('/tickets', json({ items: [2] }))).toEqual({ items: [2] });
  expect(unchanged('/tickets', json({ items: [1] }))).toEqual({ items: [1] });
  expect(read).toHaveBeenCalledTimes(3);
});

test('what one account was answered says nothing about another', () => {
  const read = vi.fn(parse);
  const unchanged = createUnchanged(read);
  const one = unchanged('/accounts/a/tickets', json({ items: [] }));
  expect(unchanged('/accounts/b/tickets', json({ items: [] }))).not.toBe(one);
  expect(read).toHaveBeenCalledTimes(2);
});

test('what comes after an answer in the same memory does not change what was kept', () => {
  const unchanged = createUnchanged(parse);
  const memory = json({ items: [1] });
  unchanged('/tickets', memory);
  memory.write(JSON.stringify({ items: [2] }));
  expect(unchanged('/tickets', memory)).toEqual({ items: [2] });
});

test('large answers are not kept', () => {
  const read = vi.fn(parse);
  const unchanged = createUnchanged(read);
  const large = json('x'.repeat(70_000));
  unchanged('/large', large);
  unchanged('/large', large);
  expect(read).toHaveBeenCalledTimes(2);
});

test('the oldest give way once all take too much', () => {
  const read = vi.fn(parse);
  const unchanged = createUnchanged(read, 1100);
  const small = json('x'.repeat(15));
  for (const question of ['/1', '/2', '/3']) unchanged(question, small);
  expect(read).toHaveBeenCalledTimes(3);
  unchanged('/3', small);
  unchanged('/2', small);
  expect(read).toHaveBeenCalledTimes(3);
  unchanged('/1', small);
  expect(read).toHaveBeenCalledTimes(4);
});

test('all that is kept takes a megabyte at most', () => {
  const read = vi.fn(parse);
  const unchanged = createUnchanged(read);
  const answer = json('x'.repeat(60_000));
  for (let question = 0; question < 20; question += 1) unchanged(`/${question}`, answer);
  unchanged('/19', answer);
  expect(read).toHaveBeenCalledTimes(20);
  unchanged('/0', answer);
  expect(read).toHaveBeenCalledTimes(21);
});

test('one that changes again and again takes the place of one', () => {
  const read = vi.fn(parse);
  const unchanged = createUnchanged(read, 1100);
  unchanged('/calm', json([]));
  for (let change = 0; change < 10; change += 1) unchanged('/busy', json([change]));
  expect(read).toHaveBeenCalledTimes(11);
  unchanged('/calm', json([]));
  expect(read).toHaveBeenCalledTimes(11);
});

test('the oldest give way also where there is nothing in them', () => {
  const read = vi.fn(() => undefined);
  const unchanged = createUnchanged(read, 1100);
  for (const question of ['/1', '/2', '/3', '/3', '/2', '/1']) unchanged(question, Buffer.alloc(0));
  expect(read).toHaveBeenCalledTimes(4);
});

test('an answer that cannot be read is not in the way of the next', () => {
  const read = vi.fn(parse);
  const unchanged = createUnchanged(read);
  expect(() => unchanged('/tickets', Buffer.from('{'))).toThrow(SyntaxError);
  expect(unchanged('/tickets', json([]))).toEqual([]);
});
