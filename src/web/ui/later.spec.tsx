// @vitest-environment happy-dom
import { Suspense } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { later } from './later.ts';

/** What the page holds right after a part was rendered, before anything else could happen. */
function shownAtOnce(Part: ReturnType<typeof later<{ name: string }>>) {
  const element = document.createElement('div');
  const root = createRoot(element);
  onTestFinished(() => root.unmount());
  flushSync(() =>
    root.render(
      <Suspense fallback="Loading">
        <Part name="Mel" />
      </Suspense>,
    ),
  );
  return element.textContent;
}

test('a page that was fetched ahead stands at once, and one that was not when it has come', async () => {
  const load = vi.fn(async () => ({ name }: { name: string }) => <p>Hello {name}</p>);
  const Part = later(load);
  expect(shownAtOnce(Part)).toBe('Loading');
  const Ahead = later(load);
  Ahead.ahead();
  await eventually(() => expect(load).toHaveResolvedTimes(2));
  expect(shownAtOnce(Ahead)).toBe('Hello Mel');
});
