import { type ComponentType, lazy } from 'react';
import { fetchStylesAgain } from './styles.ts';

const pausesMs = [300, 700, 1_500, 3_000];

/**
 * Fetches a part of the program that comes after the page. A lost line, or a server that is just starting again, is asked
 * again for some seconds.
 * @throws what the last attempt threw
 */
async function fetchPart<T>(load: () => Promise<T>): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      // Vite asks for a part's styles once only: those that did not come are asked for again here.
      fetchStylesAgain();
    }
  }
  return await load();
}

/** A component whose program is fetched when it is first shown: to be put into a Suspense. */
export const later = <Props>(load: () => Promise<ComponentType<Props>>) =>
  lazy(async () => ({ default: await fetchPart(load) }));

/** Begins to fetch what will be wanted soon. Only a head start: what goes wrong is told when it is wanted. */
export const fetchAhead = (load: () => Promise<unknown>) => void load().catch(() => undefined);
