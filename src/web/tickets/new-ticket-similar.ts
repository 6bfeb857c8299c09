import type { Ticket } from '../../contract/ticket.ts';

/** Words that say nothing about what a ticket is about. */
const fillers = new Set(
  'a an and are as at be been but by can cannot did do does for from had has have help i in is issue it its me my need no not of on or our please problem question re regarding so still that the there this to up was we were what when where which why with you your'.split(
    ' ',
  ),
);

/** The telling words of a title, folded so that case, accents and a plural s make no difference. */
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

/** How much two titles share, from 0 to 1: common telling words, by those of the shorter one; one word is no likeness. */
export function likeness(one: string, other: string): number {
  const words = tellingWords(one);
  const others = tellingWords(other);
  const shared = [...words].filter((word) => others.has(word)).length;
  return shared < 2 ? 0 : shared / Math.min(words.size, others.size);
}

const alike = 0.5;

/** Tickets still open whose title is like this one: the likest first, then the newest; at most `most`. */
export function similarTickets(title: string, tickets: readonly Ticket[], most = 3): Ticket[] {
  return tickets
    .filter(({ status }) => status !== 'closed')
    .map((ticket) => ({ ticket, score: likeness(title, ticket.title) }))
    .filter(({ score }) => score >= alike)
    .sort((one, other) => other.score - one.score || other.ticket.createdOn.localeCompare(one.ticket.createdOn))
    .slice(0, most)
    .map(({ ticket }) => ticket);
}
