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

/** The pauses between the attempts to load a chunk. */
const pausesMs = [300, 700, 1_500, 3_000];

/**
 * Loads a chunk of the program. Tries five times within some six seconds, in case the connection is lost for a moment or the server is
 * just restarting.
 * @param load imports the chunk
 * @throws what the last attempt threw
 */
async function fetchPart<T>(load: () => Promise<T>): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      // Vite requests the styles of a chunk only once, so those that failed are requested again here.
      fetchStylesAgain();
    }
  }
  return await load();
}

/**
 * Makes a component whose code is loaded when it is first shown, or earlier, when `ahead` is called. Put it into a Suspense. If the code
 * is there already, the component is shown at once. (React's own `lazy` shows the fallback for 300 ms even then.) If the code cannot be
 * loaded, the component throws.
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
  // Chosen once. If `lazy` were replaced by the loaded component later, React would mount it anew and lose its state.
  const [shown] = useState<ComponentType<Props> | typeof part.lazy>(() => part.found ?? part.lazy);
  return createElement<Props>(shown, props);
}

/**
 * Makes a component that the page can do without, whose code is loaded when it is first shown. Nothing is shown until the code is
 * there. If it cannot be loaded, `missing` is shown and the page works on; loading is tried again when the component is mounted again
 * and when the browser comes back online. Unlike `later`, it never throws and needs no Suspense.
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
        // `missing` is shown.
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

/** Starts loading what will be needed soon. A failure is ignored: it shows when the code is needed. */
export const fetchAhead = (load: () => Promise<unknown>) => void load().catch(() => undefined);
