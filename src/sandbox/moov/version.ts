import { refuse } from './answers.ts';

/**
 * Requires of `X-Moov-Version` its form (reference page, "X-Moov-Version"): a malformed one is answered 404. The header may be left out, and
 * an unknown version is taken as the latest that is not newer. The answers are the same in every version: see DIFFERENCES.md.
 * @throws {Refusal} 404
 */
export function requireVersion(header: string | undefined) {
  if (header !== undefined && !/^v\d{4}\.\d{2}\.\d{2}$/.test(header)) throw refuse(404);
}
