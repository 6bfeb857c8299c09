import { vi } from 'vitest';

/** Repeats a check until it no longer throws, for up to 20 seconds. @throws what the check threw last, when the time is over */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000 });
