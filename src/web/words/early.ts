/** Words of what runs before the program of the page: few, since it must be small. */
export const earlyWords = {
  stalled: 'Part of this page has not come. It is asked for again: leave the page open.',
} as const;
