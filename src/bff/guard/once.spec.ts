import { expect, test, vi } from 'vitest';
import { onceOfEach } from './once.ts';

test('makes something of an object once, of one that looks the same and of what is no object each time', () => {
  const make = vi.fn((of: unknown) => [of]);
  const made = onceOfEach(make);
  const ticket = { title: 'x' };
  expect(made(ticket)).toBe(made(ticket));
  expect(made(ticket)).toEqual([ticket]);
  expect(make).toHaveBeenCalledTimes(1);
  expect(made({ title: 'x' })).not.toBe(made(ticket));
  expect([made(undefined), made(null), made('x'), made('x')]).toEqual([[undefined], [null], ['x'], ['x']]);
  expect(make).toHaveBeenCalledTimes(6);
});

test('that nothing was made of an object is remembered as well', () => {
  const make = vi.fn(() => undefined);
  const made = onceOfEach(make);
  const list: unknown[] = [];
  expect([made(list), made(list)]).toEqual([undefined, undefined]);
  expect(make).toHaveBeenCalledTimes(1);
});
