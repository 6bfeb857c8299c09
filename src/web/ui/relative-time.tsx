import { type ComponentProps, useEffect, useState } from 'react';
import { exactWords } from './exact-words.ts';

const dayOf = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How many midnights of the reader lie between two moments. Days have 23 to 25 hours: hence the rounding. */
const midnightsTo = (date: Date, now: number) =>
  Math.round((new Date(date).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / (day * 1000));

/** A moment in words of its distance from now, days as the calendar has them; from four weeks on, the day itself. */
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

/** The day of a moment, in the reader’s time zone. */
export const dayWords = (date: Date): string => dayOf.format(date);

type TimeProps = Omit<ComponentProps<'time'>, 'dateTime' | 'title' | 'children'> & {
  /** RFC 3339 */
  date: string;
};

type RelativeTimeProps = TimeProps & {
  /** of what is still to come, and then what to say of the last minute before it; anything else is over */
  ahead?: string;
};

/** How far a browser's clock may be behind before what is over is told by its day: “tomorrow” it cannot have been. */
const clockFault = hour;

/**
 * How long ago, with the exact moment on hover; kept up to date. What the browser's clock puts on the wrong side of now
 * reads as now. A text that is no date is shown as it is.
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
  if (seconds > clockFault) return dayWords(moment);
  return relativeWords(new Date(Math.min(moment.getTime(), now)), now);
}

function nextWords(moment: Date, seconds: number, now: number, soon: string): string {
  if (seconds > 0 && seconds < minute) return soon;
  return relativeWords(new Date(Math.max(moment.getTime(), now)), now);
}

/** The exact moment, with how long ago on hover. */
export function ExactTime({ date, ...rest }: TimeProps) {
  const moment = new Date(date);
  if (Number.isNaN(moment.getTime())) return <span {...rest}>{date}</span>;
  return (
    <time {...rest} dateTime={date} title={relativeWords(moment, Date.now())}>
      {exactWords(moment)}
    </time>
  );
}
