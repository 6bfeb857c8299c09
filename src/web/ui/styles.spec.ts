// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import { fetchStylesAgain } from './styles.ts';

const link = () => document.querySelector('link') ?? document.createElement('link');
const tell = (outcome: 'load' | 'error') => link().dispatchEvent(new Event(outcome));

beforeEach(() => {
  // A link without an address loads nothing, so it stays in the state of a stylesheet that is still on its way.
  document.head.innerHTML = '<link rel="stylesheet">';
});

test.each(['load', 'error'] as const)(
  'whoever waits for styles hears of their %s, though they were asked for again, and again, meanwhile',
  (outcome) => {
    const heard = vi.fn();
    const first = link();
    first.addEventListener(outcome, heard);
    fetchStylesAgain();
    fetchStylesAgain();
    expect(link()).not.toBe(first);
    expect(heard).not.toHaveBeenCalled();
    tell(outcome);
    expect(heard).toHaveBeenCalledOnce();
  },
);

test('styles that fail time after time are told of once each time', () => {
  const failed = vi.fn();
  for (let times = 1; times <= 5; times += 1) {
    fetchStylesAgain(failed);
    tell('error');
    expect(failed).toHaveBeenCalledTimes(times);
  }
});
