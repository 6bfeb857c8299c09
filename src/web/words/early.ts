/** Words of `src/web/early.ts`. Only these, so that it stays small. */
export const earlyWords = {
  stalled: 'Part of this page has not come. It is asked for again: leave the page open.',
} as const;
