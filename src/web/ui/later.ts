import {
  type ComponentType,
  createElement,
  type LazyExoticComponent,
  lazy,
  type ReactNode,
  useEffect,
  useState,
} from 'react';
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

/**
 * A component whose program is fetched when it is first shown, or `ahead` of that; to be put into a Suspense. If the program is there
 * already, the component is shown at once. (React's own `lazy` shows the fallback for 300 ms even then.)
 */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  const part: LaterPart<Props> = {
    found: undefined,
    lazy: lazy(async () => {
      part.found = await fetchPart(load);
      return { default: part.found };
    }),
  };
  const ahead = () =>
    fetchAhead(async () => {
      part.found = await load();
    });
  return Object.assign((props: Props) => createElement(Later<Props>, { part, props }), { ahead });
}
type LaterPart<Props> = {
  found: ComponentType<Props> | undefined;
  lazy: LazyExoticComponent<ComponentType<Props>>;
};

function Later<Props extends object>({ part, props }: { part: LaterPart<Props>; props: Props }) {
  // The same for as long as it is shown: another in its place would begin anew.
  const [shown] = useState<ComponentType<Props> | typeof part.lazy>(() => part.found ?? part.lazy);
  return createElement<Props>(shown, props);
}

/**
 * A component beside what the page is for, whose program is fetched when it is first shown. Until it is there nothing stands in its
 * place, or `missing` where it could not be fetched; that is tried again when it is shown anew and when the browser is back
 * online. However it ends, the page stays.
 */
export function aside<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  missing?: ReactNode,
): (props: Props) => ReactNode {
  const part: AsidePart<Props> = { load, missing, found: undefined };
  return (props) => createElement(Aside<Props>, { part, props });
}
type AsidePart<Props> = {
  load(): Promise<ComponentType<Props>>;
  missing: ReactNode;
  found: ComponentType<Props> | undefined;
};

function Aside<Props extends object>({ part, props }: { part: AsidePart<Props>; props: Props }) {
  const [failed, setFailed] = useState<boolean>();
  useEffect(() => {
    let shown = true;
    const fetchOrSay = async () => {
      try {
        part.found ??= await fetchPart(part.load);
      } catch {
        // `missing` says so.
      }
      if (shown) setFailed(part.found === undefined);
    };
    const begin = () => void fetchOrSay();
    begin();
    addEventListener('online', begin);
    return () => {
      shown = false;
      removeEventListener('online', begin);
    };
  }, [part]);
  if (part.found !== undefined) return createElement(part.found, props);
  return failed ? part.missing : null;
}

/** Begins to fetch what will be wanted soon. Only a head start: what goes wrong is told when it is wanted. */
export const fetchAhead = (load: () => Promise<unknown>) => void load().catch(() => undefined);
