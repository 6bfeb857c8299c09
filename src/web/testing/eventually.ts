import { vi } from 'vitest';

/** Waits until a check no longer throws, for as long as a busy machine may need; fails with what it threw last. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000 });
