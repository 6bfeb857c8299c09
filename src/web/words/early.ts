/** Words of what runs before the program of the page: few, since it must be small. */
export const earlyWords = {
  stalled: 'Part of this page has not come yet and is asked for again. Please leave the page open.',
} as const;
