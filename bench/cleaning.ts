import { cleanMessage } from '../src/bff/messages/clean-message.ts';
import { messageLimits } from '../src/contract/message.ts';

/** How long cleaning one kind of message took: its size (the largest, in bytes), the median and the slowest of all runs. */
export type Cleaning = { what: string; bytes: number; p50Ms: number; worstMs: number };

const words = 'the payout shows as completed, and the bank knows nothing of it; '.repeat(3);
const paragraph = `<p>Of <strong>1,204.50 USD</strong> ${words}<em>not</em> so in <a href="https://example.com/a">the list</a>.</p>`;
const upTo = (piece: string, bytes: number) => piece.repeat(Math.floor(bytes / piece.length));
/** Nestings that make an HTML parser work hard, each repeated until the limits of a message allow no more. */
const hostile = ['<b><i><u>', '<b><p></b>', '<ul><li>', '<a href=x><p>', '<table><tr><td>', '<b></i><i></b>'].map(
  (piece) => {
    const tags = piece.split('<').length - 1;
    return `${upTo(piece, Math.min(messageLimits.bytes, (piece.length * messageLimits.tags) / tags))}x`;
  },
);

/**
 * Measures how long the BFF takes to clean a message: as our editor writes it, as other programs write it, and the slowest of what
 * the limits allow. Each message is cleaned 30 times, after a warm-up.
 * @returns one row for each kind of message
 * @throws when cleaning refuses the sample paragraph
 */
export function measureCleaning(): Cleaning[] {
  const foreign = (bytes: number) => upTo(paragraph.replaceAll('strong>', 'b>').replace('<p>', '<p class="x">'), bytes);
  // Cleaned HTML has the form in which the editor writes it: cleaning it once more changes nothing.
  const cleaned = cleanMessage(paragraph);
  if (!cleaned.ok) throw new Error(cleaned.fault);
  const given: [string, string[]][] = [
    ['2 KB, as the editor writes it', [upTo(cleaned.html, 2_000)]],
    ['2 KB, pasted by another program', [foreign(2_000)]],
    ['60 KB, as the editor writes it', [upTo(cleaned.html, 60_000)]],
    ['60 KB, pasted by another program', [foreign(60_000)]],
    ['the worst of what is allowed', hostile],
  ];
  return given.map(([what, texts]) => {
    for (let round = 0; round < 30; round += 1) cleanMessage(texts[0] ?? '');
    const times = texts.flatMap((text) =>
      Array.from({ length: 30 }, () => {
        const begun = performance.now();
        cleanMessage(text);
        return performance.now() - begun;
      }),
    );
    times.sort((a, b) => a - b);
    return {
      what,
      bytes: Math.max(...texts.map((text) => text.length)),
      p50Ms: times[Math.floor(times.length / 2)] ?? Number.NaN,
      worstMs: times.at(-1) ?? Number.NaN,
    };
  });
}
