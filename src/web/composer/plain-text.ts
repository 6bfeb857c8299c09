import { parseInert } from './inert.ts';
import { isOverwhelming, textWithoutParsing } from './nesting.ts';
import { shape } from './shape.ts';

/** The plain text of a message's HTML, with one line for each paragraph, list item or table row. */
export function plainText(html: string): string {
  if (isOverwhelming(html)) return textWithoutParsing(html);
  const retold = shape(parseInert(html));
  for (const br of retold.querySelectorAll('br')) br.replaceWith('\n');
  for (const block of retold.querySelectorAll('p, h2, h3, pre')) block.append('\n');
  return (retold.textContent ?? '').trim();
}
