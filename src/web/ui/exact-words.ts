const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });

/** A moment to the minute, in the reader's time zone. */
export const exactWords = (date: Date): string => exact.format(date);
