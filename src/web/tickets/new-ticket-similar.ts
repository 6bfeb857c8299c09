import type { Ticket } from '../../contract/ticket.ts';

/** English words that do not tell what a ticket is about. */
const fillers = new Set(
  'a an and are as at be been but by can cannot did do does for from had has have help i in is issue it its me my need no not of on or our please problem question re regarding so still that the there this to up was we were what when where which why with you your'.split(
    ' ',
  ),
);

/** The words of a title that tell what it is about, in lower case and without accents and plural s, so that they can be compared. */
export function tellingWords(title: string): Set<string> {
  const words = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return new Set(
    (words ?? [])
      .filter((word) => !fillers.has(word) && (word.length > 1 || /\p{N}/u.test(word)))
      .map((word) => (word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word)),
  );
}

/**
 * How similar two titles are, from 0 to 1: the number of telling words that both have, divided by the number of telling words in the title
 * that has fewer. One word in common counts as 0.
 */
export function likeness(one: string, other: string): number {
  const words = tellingWords(one);
  const others = tellingWords(other);
  const shared = [...words].filter((word) => others.has(word)).length;
  return shared < 2 ? 0 : shared / Math.min(words.size, others.size);
}

/** From this likeness on, two titles are similar. */
const alike = 0.5;
const mostShown = 3;

/** The open tickets with a similar title, at most three, the most similar first; of equally similar ones the newest first. */
export function similarTickets(title: string, tickets: readonly Ticket[]): Ticket[] {
  return tickets
    .filter(({ status }) => status !== 'closed')
    .map((ticket) => ({ ticket, score: likeness(title, ticket.title) }))
    .filter(({ score }) => score >= alike)
    .sort((one, other) => other.score - one.score || other.ticket.createdOn.localeCompare(one.ticket.createdOn))
    .slice(0, mostShown)
    .map(({ ticket }) => ticket);
}
