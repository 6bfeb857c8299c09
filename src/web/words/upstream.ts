/** What the banner says while Moov is slow (`degraded`) or `down`. */
export const upstreamWords = {
  degraded: {
    title: 'Moov is answering slowly at the moment',
    detail: 'You can file tickets as usual. One that cannot be delivered at once is kept and delivered by itself.',
  },
  down: {
    title: 'Moov cannot be reached at the moment',
    detail: (since: string) =>
      `Since ${since}. You can file tickets as usual: they are kept here and delivered by themselves as soon as Moov is back. Existing tickets may not open.`,
  },
} as const;
