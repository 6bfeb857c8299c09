import * as compiled from 'zod';
import * as z from 'zod/mini';
import { type Account, idSchema } from '../../contract/account.ts';
import type { Message } from '../../contract/message.ts';
import type { PageOfTickets, Ticket } from '../../contract/ticket.ts';

/*
 * Parsers of Moov's answers. They are tolerant: a 2xx is a success, and a field that Moov has changed must neither break a list nor
 * make the portal send a ticket again. Only the fields in the contract come out.
 */
/** Text in which half a surrogate pair has become \ufffd, as in UTF-8: some functions of the browser throw when they meet one. */
const wellFormed = z.string().check(z.overwrite((value: string) => value.toWellFormed()));
const text = z.catch(wellFormed, '');
const optionalText = z.catch(z.optional(wellFormed), undefined);
/** Text that can go into the database: PostgreSQL refuses a whole row for one nul character. */
const storable = (value: string) => value.replaceAll('\0', '').toWellFormed();
const optionalStorable = z.catch(z.optional(z.string().check(z.overwrite(storable))), undefined);
/** A Go service writes a time that was never set as the first moment of year 1, or as an empty text. */
const isSet = (date: string) => date !== '' && !date.startsWith('0001-01-01T');
const optionalDate = z.catch(z.optional(wellFormed.check(z.refine(isSet))), undefined);

/**
 * The most entries of a list that are read; the rest is left out. A page holds 1,000 tickets at most, and no conversation comes near
 * this number, but 8 MB of invalid entries would keep the process busy for twenty seconds.
 */
const mostEntries = 5_000;
const upTo = (most: number, json: unknown): unknown =>
  Array.isArray(json) && json.length > most ? json.slice(0, most) : json;
function withItemsUpTo(most: number, json: unknown): unknown {
  if (typeof json !== 'object' || json === null || !('items' in json)) return json;
  const items = upTo(most, json.items);
  return items === json.items ? json : { ...json, items };
}

/**
 * The form of a ticket's id that is taken over from Moov: 1 to 200 printable ASCII characters, which the database can hold. Addresses
 * of the portal are stricter (`ticketIDPattern` in the contract).
 */
const idForm = /^[\x21-\x7e]{1,200}$/;
const ticketID = z.string().check(z.regex(idForm));
const looseTicket = z.object({
  ticketID,
  number: z.catch(z.coerce.number().check(z.int()), 0),
  title: text,
  contact: z.catch(z.object({ email: text, name: optionalText }), { email: '', name: undefined }),
  status: z.catch(wellFormed.check(z.minLength(1)), 'new'),
  createdOn: optionalDate,
  updatedOn: optionalDate,
  latestMessageOn: optionalDate,
  closedOn: optionalDate,
  foreignID: optionalText,
});

/** A ticket, or undefined if its id cannot be read. Other fields that cannot be read are left out or get a neutral value. */
export function parseTicket(json: unknown): Ticket | undefined {
  const parsed = looseTicket.safeParse(json);
  if (!parsed.success) return undefined;
  const { ticketID, number, title, contact, status, createdOn, updatedOn, latestMessageOn, closedOn, foreignID } =
    parsed.data;
  const created = createdOn ?? updatedOn ?? new Date().toISOString();
  return {
    ticketID,
    number,
    title,
    contact: { email: contact.email, ...(contact.name !== undefined && { name: contact.name }) },
    status,
    createdOn: created,
    updatedOn: updatedOn ?? created,
    ...(latestMessageOn !== undefined && { latestMessageOn }),
    ...(closedOn !== undefined && { closedOn }),
    ...(foreignID !== undefined && foreignID !== '' && { foreignID }),
  };
}

const sound = compiled.string().refine((value) => value.isWellFormed());
const optionalSound = compiled.optional(sound);
const soundDate = compiled.string().refine((value) => isSet(value) && value.isWellFormed());
const optionalSoundDate = compiled.optional(soundDate);
/**
 * A page of tickets exactly as documented, as nearly every page is. Parsing it takes a sixth of the time of the tolerant way, since
 * only the full zod (not zod/mini) compiles its checks. For such a page both ways give the same result.
 */
const soundPage = compiled.object({
  items: compiled.array(
    compiled.object({
      ticketID: compiled.string().regex(idForm),
      number: compiled.int(),
      title: sound,
      contact: compiled.object({ email: sound, name: optionalSound }),
      status: sound.min(1),
      createdOn: soundDate,
      updatedOn: soundDate,
      latestMessageOn: optionalSoundDate,
      closedOn: optionalSoundDate,
      foreignID: compiled.optional(sound.min(1)),
    }),
  ),
  nextPage: compiled.optional(compiled.object({ cursor: compiled.string().min(1) })),
});

const ticketListSchema = z.object({
  items: z.catch(z.array(z.unknown()), []),
  nextPage: z.catch(z.optional(z.object({ cursor: z.string().check(z.minLength(1)) })), undefined),
});
const givenPage = z.looseObject({ items: z.optional(z.unknown()), nextPage: z.optional(z.unknown()) });
/** What an API may write for a page without tickets instead of an empty list. With other fields the tickets may be in one of them. */
const noTickets = z.union([z.looseObject({ items: z.null() }), z.strictObject({ nextPage: z.optional(z.unknown()) })]);
/** What an API may write for there being no next page: also an object without a cursor, which may count, or tell that there is no more. */
const noNextPage = z.nullish(
  z.union([
    z.literal(''),
    z.looseObject({ cursor: z.nullable(z.literal('')) }),
    z.catchall(z.object({ cursor: z.optional(z.never()) }), z.union([z.number(), z.literal(false), z.null()])),
  ]),
);
/** `isPartial`: something in it could not be read, so Moov may have tickets that are missing here. */
export type ReadPage = PageOfTickets & { isPartial?: true };
/** A page of tickets, or undefined if it is none, or has tickets of which none can be read; entries without a readable id are left out. */
export function parsePageOfTickets(json: unknown): ReadPage | undefined {
  const bounded = withItemsUpTo(mostEntries, json);
  const documented = soundPage.safeParse(bounded);
  if (documented.success && bounded === json) return documented.data;
  const parsed = ticketListSchema.safeParse(bounded);
  if (!parsed.success) return undefined;
  const items = parsed.data.items.flatMap((item) => parseTicket(item) ?? []);
  const { nextPage } = parsed.data;
  const given = givenPage.safeParse(json).data;
  const count = Array.isArray(given?.items) ? given.items.length : undefined;
  // A person would be told that there are no tickets, though nobody knows that.
  if (count === undefined ? !noTickets.safeParse(json).success : count > 0 && items.length === 0) return undefined;
  const isWhole =
    items.length === (count ?? 0) && (nextPage !== undefined || noNextPage.safeParse(given?.nextPage).success);
  return { items, ...(nextPage && { nextPage: { cursor: nextPage.cursor } }), ...(!isWhole && { isPartial: true }) };
}

/** The entries of a list, or undefined if it is not a list. A Go service writes an empty list as null. */
export function parseList(json: unknown, most = mostEntries): unknown[] | undefined {
  const parsed = z.nullable(z.array(z.unknown())).safeParse(upTo(most, json));
  return parsed.success ? (parsed.data ?? []) : undefined;
}

const looseMessage = z.object({
  author: text,
  body: wellFormed,
  sentOn: z.catch(wellFormed.check(z.refine(isSet)), ''),
});
/** `lacksFirst`: the first message, which is the ticket's own text, could not be read. */
export type ReadMessages = { messages: Message[]; lacksFirst: boolean };
/** The messages of a ticket, or undefined if the answer is not a list; entries without a readable body are left out. */
export function parseMessages(json: unknown): ReadMessages | undefined {
  const read = parseList(json)?.map((item) => looseMessage.safeParse(item).data);
  if (read === undefined) return undefined;
  return { messages: read.flatMap((message) => message ?? []), lacksFirst: read.length > 0 && read[0] === undefined };
}

const looseAccount = z.object({
  accountID: idSchema,
  displayName: optionalStorable,
  accountType: optionalStorable,
});
/** An account, or undefined if its id is not a UUID. */
export function parseAccount(json: unknown): Account | undefined {
  const parsed = looseAccount.safeParse(json);
  if (!parsed.success) return undefined;
  const { accountID, displayName, accountType } = parsed.data;
  return {
    accountID,
    ...(displayName !== undefined &&
      displayName.trim() !== '' && { displayName: displayName.slice(0, 1000).toWellFormed() }),
    ...(accountType !== undefined && { accountType }),
  };
}

/** The sentence in the body of a 400 or 409, `{"error": "…"}`; undefined if there is none. */
export function parseError(json: unknown): string | undefined {
  const parsed = z.object({ error: z.string().check(z.refine((said) => said.trim() !== '')) }).safeParse(json);
  return parsed.success ? storable(parsed.data.error.slice(0, 2000)) : undefined;
}

const mostSentences = 50;
/**
 * The sentences in the body of a 422, each under the field that it is about: `{"contact":{"email":"…"}}`, as documented, becomes
 * `{"contact.email":"…"}`. Go services also write lists, objects with a `message`, or an `error` around everything, so these are
 * read too. A sentence about a group goes to the first field of the group; sentences about no known field are joined in `error`.
 * @param names the dotted paths of the fields that can be at fault
 */
export function parseFaults(
  json: unknown,
  names: readonly string[],
): { fields: Record<string, string>; error?: string } {
  const fieldAt = (path: readonly string[]): string | undefined => {
    const ends = path.map((_, start) => path.slice(start).join('.'));
    return names.find((name) => ends.includes(name));
  };
  const groupAt = (path: readonly string[]) => names.find((name) => name.startsWith(`${path.at(-1)}.`));
  /** The field that a path is about: the longest beginning of the path that names a field, else the first field of its group. */
  const nearest = (path: readonly string[]) =>
    path.map((_, cut) => fieldAt(path.slice(0, path.length - cut))).find((name) => name !== undefined) ?? groupAt(path);

  const sentences: { about: string | undefined; sentence: string }[] = [];
  const walk = (node: unknown, path: readonly string[]) => {
    if (sentences.length >= mostSentences || path.length > 6) return;
    if (typeof node === 'string') {
      if (node.trim() !== '') sentences.push({ about: nearest(path), sentence: node });
    } else if (Array.isArray(node)) for (const item of node) walk(item, path);
    else if (typeof node === 'object' && node !== null) {
      const told = path.length > 0 && 'message' in node && typeof node.message === 'string';
      for (const [key, child] of Object.entries(node)) {
        const within = key === 'message' ? path : [...path, key];
        // Other texts beside a `message` are codes and names, not sentences, unless their key is a field.
        if (key === 'message' || !told || typeof child !== 'string' || fieldAt(within) !== undefined)
          walk(child, within);
      }
    }
  };
  walk(json, []);
  const about = (name: string | undefined) =>
    storable(
      [...new Set(sentences.filter((one) => one.about === name).map(({ sentence }) => sentence))]
        .join(' ')
        .slice(0, 2000),
    );
  const error = about(undefined);
  return {
    fields: Object.fromEntries(names.map((name) => [name, about(name)]).filter(([, said]) => said !== '')),
    ...(error !== '' && { error }),
  };
}

const tokenSchema = z.object({
  access_token: z.string().check(z.minLength(1)),
  expires_in: z.nullish(z.coerce.number()),
});
/**
 * A minted token and when it ends (ms since 1970). Moov's Go client documents `expires_in` as seconds to live, its TypeScript SDK
 * as a Unix timestamp. Both are read: a value above 1,000,000,000 can only be a timestamp. Without it, 300 seconds are assumed.
 */
export function parseToken(json: unknown, now: number): { token: string; endsAt: number } | undefined {
  const parsed = tokenSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const given = parsed.data.expires_in ?? 300;
  return { token: parsed.data.access_token, endsAt: given > 1_000_000_000 ? given * 1000 : now + given * 1000 };
}
