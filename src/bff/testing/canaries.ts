import * as z from 'zod/mini';

/** Shapes of texts that must never be in a log or an answer. */
const shapes: [what: string, shape: RegExp][] = [
  ['an email address', /[\w.+-]+@[\w-]+\.[a-z]{2,}/i],
  ['a session cookie', /__Host-Http-[\w-]+=[\w-]+/],
  ['a bearer token', /bearer [\w.~+/-]{8,}/i],
  ['credentials', /basic [\w+/]{8,}=*/i],
  ['a JSON web token', /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\./],
];

/**
 * Searches a printed or answered text for what must not be in it: everything of the shapes above, and each canary (a secret, a token, the
 * text of a message) word for word. Canaries of less than six characters are left out, since they may occur by chance.
 * @returns what was found, with the text around it; empty if nothing was
 */
export function leaksIn(text: string, canaries: Iterable<string>): string[] {
  const around = (index: number) => text.slice(Math.max(0, index - 80), index + 40);
  const byShape = shapes.flatMap(([what, shape]) => {
    const found = shape.exec(text);
    return found === null ? [] : [`${what}: ${around(found.index)}`];
  });
  const byWord = [...new Set(canaries)].flatMap((canary) => {
    if (canary.length < 6) return [];
    const index = text.indexOf(canary);
    return index === -1 ? [] : [`“${canary}”: ${around(index)}`];
  });
  return [...byShape, ...byWord];
}

const writtenSchema = z.object({ title: z.string(), body: z.string() });

/** The texts of a ticket as it was sent to Moov, without tags, as canaries: only those of at least 12 characters. */
export function textsOf(sent: unknown): string[] {
  const written = writtenSchema.safeParse(sent).data;
  if (written === undefined) return [];
  return [written.title, ...written.body.split(/<[^>]*>/)]
    .map((text) => text.trim())
    .filter((text) => text.length >= 12);
}
