export const outageModes = ['up', 'slow', 'down'] as const;
export type OutageMode = (typeof outageModes)[number];

/** How late each answer is in the mode `slow`. */
const slowMs = 3_000;

/** A switch for the whole API. `down`: every call is answered 500, tokens included; `slow`: every answer is 3 seconds late. */
export function createOutage() {
  let mode: OutageMode = 'up';
  return {
    slowMs,
    mode: () => mode,
    set(next: OutageMode) {
      mode = next;
    },
  };
}
export type Outage = ReturnType<typeof createOutage>;
