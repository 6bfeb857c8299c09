import * as z from 'zod/mini';

/** What must never be read outside of where it belongs, by its shape. */
const shapes: [what: string, shape: RegExp][] = [
  ['an email address', /[\w.+-]+@[\w-]+\.[a-z]{2,}/i],
  ['a session cookie', /__Host-Http-[\w-]+=[\w-]+/],
  ['a bearer token', /bearer [\w.~+/-]{8,}/i],
  ['credentials', /basic [\w+/]{8,}=*/i],
  ['a JSON web token', /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\./],
];

/**
 * Looks for what must not be there in what was printed or answered: everything of these shapes, and each `canary` (a
 * secret, a token, a message's text) word for word.
 * @returns what was found, with what stands around it; empty when all is well
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

/** The texts of a ticket that was sent upstream, without its tags, long enough to mean something. */
export function textsOf(sent: unknown): string[] {
  const written = writtenSchema.safeParse(sent).data;
  if (written === undefined) return [];
  return [written.title, ...written.body.split(/<[^>]*>/)]
    .map((text) => text.trim())
    .filter((text) => text.length >= 12);
}
