const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });

/** A date with its time to the minute, in the reader's time zone, such as “12 May 2026 at 09:30”. */
export const exactWords = (date: Date): string => exact.format(date);
