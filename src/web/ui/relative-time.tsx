import { type ComponentProps, useEffect, useState } from 'react';
import { exactWords } from './exact-words.ts';

const dayOf = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * How many midnights, in the reader's time zone, lie between `now` (in ms) and `date`; negative for a past date. Rounded, because a day
 * may have 23 or 25 hours.
 */
const midnightsTo = (date: Date, now: number) =>
  Math.round((new Date(date).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / (day * 1000));

/**
 * How far a moment is from now, in words: “now”, “5 minutes ago”, “in 2 hours”, “yesterday”. Days are those of the calendar. From four
 * weeks on it gives the date.
 * @param now in ms since 1970
 */
export function relativeWords(date: Date, now: number): string {
  const seconds = (date.getTime() - now) / 1000;
  const away = Math.abs(seconds);
  if (away < 45) return relative.format(0, 'second');
  if (away < 55 * minute) return relative.format(Math.round(seconds / minute) || Math.sign(seconds), 'minute');
  const days = midnightsTo(date, now);
  if (away < 22 * hour || days === 0) return relative.format(Math.round(seconds / hour) || Math.sign(seconds), 'hour');
  if (away < 28 * day) return relative.format(days, 'day');
  return dayOf.format(date);
}

/** The date of a moment (RFC 3339) in the reader’s time zone, such as “12 May 2026”. A text that is not a date stays as it is. */
export const dayWords = (date: string): string => {
  const moment = new Date(date);
  return Number.isNaN(moment.getTime()) ? date : dayOf.format(moment);
};

type TimeProps = Omit<ComponentProps<'time'>, 'dateTime' | 'title' | 'children'> & {
  /** RFC 3339 */
  date: string;
};

type RelativeTimeProps = TimeProps & {
  /** give this for a moment in the future: it is shown during the last minute before that moment. Without it, the moment is past */
  ahead?: string;
};

/**
 * A past moment that the browser's clock puts in the future reads as “now”, as long as it is less than this far ahead (in seconds).
 * Beyond that its date is shown: something past must not read “tomorrow”.
 */
const clockFault = hour;

/**
 * Shows how far a moment is from now, updated every 30 seconds, with the exact time on hover. If the browser's clock is wrong, a past
 * moment may seem to lie ahead, or a future one to be over: it then reads as “now” (see `clockFault`). A text that is not a date is shown
 * as it is.
 */
export function RelativeTime({ date, ahead, ...rest }: RelativeTimeProps) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  const moment = new Date(date);
  if (Number.isNaN(moment.getTime())) return <span {...rest}>{date}</span>;
  const current = Math.max(now, Date.now());
  const seconds = (moment.getTime() - current) / 1000;
  return (
    <time {...rest} dateTime={date} title={exactWords(moment)}>
      {ahead === undefined ? pastWords(moment, seconds, current) : nextWords(moment, seconds, current, ahead)}
    </time>
  );
}

function pastWords(moment: Date, seconds: number, now: number): string {
  if (seconds > clockFault) return dayOf.format(moment);
  return relativeWords(new Date(Math.min(moment.getTime(), now)), now);
}

function nextWords(moment: Date, seconds: number, now: number, soon: string): string {
  if (seconds > 0 && seconds < minute) return soon;
  return relativeWords(new Date(Math.max(moment.getTime(), now)), now);
}

/** Shows the exact date and time, with how long ago it was on hover. A text that is not a date is shown as it is. */
export function ExactTime({ date, ...rest }: TimeProps) {
  const moment = new Date(date);
  if (Number.isNaN(moment.getTime())) return <span {...rest}>{date}</span>;
  return (
    <time {...rest} dateTime={date} title={relativeWords(moment, Date.now())}>
      {exactWords(moment)}
    </time>
  );
}
