import { useSyncExternalStore } from 'react';

const never = () => () => undefined;

/**
 * Something that only the browser knows and that does not change, such as what kind of machine it is. The page is
 * rendered ahead, the same for everybody: until React has taken it over, `before` stands in.
 */
export const useBrowser = <T extends string | boolean>(read: () => T, before: T): T =>
  useSyncExternalStore(never, read, () => before);

export const isMac = () => /mac|iphone|ipad/i.test(navigator.userAgent);
