import { refuse } from './answers.ts';

/** The version of a call without the header, and the versions that are known: the last is the one that this stand-in was written from. */
const fallback = 'v2024.01.00';
const supported = ['v2024.01.00', 'v2026.01.00'];

/**
 * The version in which a call is answered (reference page, "X-Moov-Version"). Without the header it is v2024.01.00; an unknown version means
 * the latest that is not newer; a malformed one is answered 404. The answers are the same in every version: see DIFFERENCES.md.
 * @throws {Refusal} 404
 */
export function readVersion(header: string | undefined): string {
  if (header === undefined) return fallback;
  if (!/^v\d{4}\.\d{2}\.\d{2}$/.test(header)) throw refuse(404);
  return supported.findLast((version) => version <= header) ?? fallback;
}
