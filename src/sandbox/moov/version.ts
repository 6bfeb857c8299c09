import { refuse } from './answers.ts';

/** The version that a call without the header gets, and the one that this stand-in was written from. */
const fallback = 'v2024.01.00';
const supported = ['v2024.01.00', 'v2026.01.00'];

/**
 * The version that a call is answered in. Left out it is v2024.01.00 (reference page, "X-Moov-Version"); an unknown one
 * means the latest that is not newer; a malformed one is answered 404. The answers are the same in each: see DIFFERENCES.md.
 * @throws {Refusal} 404
 */
export function readVersion(header: string | undefined): string {
  if (header === undefined) return fallback;
  if (!/^v\d{4}\.\d{2}\.\d{2}$/.test(header)) throw refuse(404);
  return supported.findLast((version) => version <= header) ?? fallback;
}
