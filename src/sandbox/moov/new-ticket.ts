import { refuseFields, refuseWithError } from './answers.ts';
import type { NewTicket } from './store.ts';

/** The six fields of a request, as dotted paths: the leaves of the 422 tree (reference page "Create a support ticket"). */
export const fieldPaths = ['title', 'body', 'author', 'contact.email', 'contact.name', 'foreignID'] as const;
export type FieldPath = (typeof fieldPaths)[number];

/** The longest texts, in characters. Moov documents no limits: see DIFFERENCES.md. */
const longest = { title: 150, body: 100_000, author: 100, email: 254, name: 100, foreignID: 100 } as const;

/** An email address, or `string`: the cURL sample of the reference page has that, and must run without changes. */
const looksLikeEmail = /^([^\s@]+@[^\s@.]+(\.[^\s@.]+)+|string)$/;
/**
 * A body without tags that show nothing, to find out whether it is empty: empty paragraphs alone are no message. Other tags stay, because
 * the body of the cURL sample is `<value>`.
 */
const textOf = (html: string) => html.replace(/<\/?(p|div|span|br)\b[^>]*>|&nbsp;/gi, ' ').trim();

/** Builds the 422 tree from sentences by path: `contact` is a branch, the rest are leaves. */
export function toTree(faults: Partial<Record<FieldPath, string>>): Record<string, unknown> {
  const { 'contact.email': email, 'contact.name': name, ...rest } = faults;
  if (email === undefined && name === undefined) return rest;
  return { ...rest, contact: { ...(email !== undefined && { email }), ...(name !== undefined && { name }) } };
}

/** Parses a JSON object. @throws {Refusal} 400 when it is not one */
export function readObject(text: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refuseWithError(400, 'The body is not valid JSON.');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw refuseWithError(400, 'The body must be a JSON object.');
  return { ...json };
}

/**
 * Checks the body of a request to create a ticket. The content type is ignored: `curl -d`, as in the sample, sends JSON but says that it
 * is a form.
 * @throws {Refusal} 400 when it is no JSON object; 422 with a sentence for each field at fault
 */
export function readNewTicket(text: string): NewTicket {
  const given = readObject(text);
  const contact: Record<string, unknown> =
    typeof given.contact === 'object' && given.contact !== null ? { ...given.contact } : {};
  const faults: Partial<Record<FieldPath, string>> = {};

  const required = (path: FieldPath, name: string, value: unknown, most: number): string => {
    if (value === undefined || value === null) faults[path] = `${name} is required.`;
    else if (typeof value !== 'string') faults[path] = `${name} must be text.`;
    else if (value.trim() === '') faults[path] = `${name} is required.`;
    else if (value.length > most) faults[path] = `${name} must be ${most.toLocaleString('en')} characters or fewer.`;
    else return value;
    return '';
  };
  const optional = (path: FieldPath, name: string, value: unknown, most: number): string | undefined => {
    if (value === undefined) return undefined;
    if (typeof value !== 'string') faults[path] = `${name} must be text.`;
    else if (value.trim() === '') faults[path] = `${name} must not be empty. Leave it out instead.`;
    else if (value.length > most) faults[path] = `${name} must be ${most.toLocaleString('en')} characters or fewer.`;
    else return value;
    return undefined;
  };

  const title = required('title', 'Title', given.title, longest.title);
  const body = required('body', 'Body', given.body, longest.body);
  if (body !== '' && textOf(body) === '') faults.body = 'Body is required.';
  const email = required('contact.email', 'Contact email', contact.email, longest.email);
  if (email !== '' && !looksLikeEmail.test(email))
    faults['contact.email'] = 'Contact email must be a complete address, like name@example.com.';
  const name = optional('contact.name', 'Contact name', contact.name, longest.name);
  const author = optional('author', 'Author', given.author, longest.author);
  const foreignID = optional('foreignID', 'Foreign ID', given.foreignID, longest.foreignID);

  if (Object.keys(faults).length > 0) throw refuseFields(toTree(faults));
  return {
    title,
    body,
    contact: { email, ...(name !== undefined && { name }) },
    ...(author !== undefined && { author }),
    ...(foreignID !== undefined && { foreignID }),
  };
}
