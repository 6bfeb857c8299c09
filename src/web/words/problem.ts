/** Words shown with a problem of any kind. */
export const problemWords = {
  reference: 'Reference',
  upstreamReference: 'Moov’s reference',
  copyReference: 'Copy reference',
  copyUpstreamReference: 'Copy Moov’s reference',
  retryAfter: (seconds: number) =>
    seconds === 1
      ? 'Try again in 1 second.'
      : seconds < 90
        ? `Try again in ${seconds} seconds.`
        : `Try again in ${Math.ceil(seconds / 60)} minutes.`,
  /** by HTTP status: what to do, where the problem's own words do not say so */
  advice: {
    404: 'Moov does not know this, or does not show it to the portal. If it should be there, quote the reference below to support.',
    429: 'Too much was asked for in a short time.',
    500: 'If it stays so, quote the reference below to support.',
    502: 'If it stays so, quote the reference below to support.',
    503: 'If it stays so, quote the reference below to support.',
    504: 'If it stays so, quote the reference below to support.',
  } as Readonly<Record<number, string>>,
  crash: {
    kept: 'A ticket that you were writing is kept and comes back after reloading.',
    copyDetails: 'Copy details for support',
  },
} as const;
