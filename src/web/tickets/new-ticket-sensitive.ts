export type Sensitive = 'card' | 'bank' | 'secret';

/** Digits of payment cards: 13 to 19, in groups or not, and not part of a longer number or an id. */
const cardLike = /(?<![\p{L}\p{N}-])[2-6](?:[ -]?\d){12,18}(?![\p{L}\p{N}]|-[\p{L}\p{N}])/gu;
const nineDigits = /(?<![\p{L}\p{N}-])\d{9}(?![\p{L}\p{N}-])/gu;
const accountNumber =
  /\b(?:bank|checking|savings)?\s*(?:account|acct)\.?\s*(?:number|no\.?|nr\.?|#)\s*(?:is|:|=)?\s*\d{6,17}\b/i;
const secrets = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bxox[abp]-[A-Za-z0-9-]{10,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+/,
  /\bbearer\s+[\w.~+/-]{20,}/i,
  /\b(?:password|passwd|passphrase|secret(?:\s?key)?|api[\s_-]?key|access[\s_-]?token)\s*(?:is|:|=)\s*\S{6,}/i,
];

/** The check digit of payment cards (ISO/IEC 7812-1, annex B). */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const twice = digit * 2;
    sum += index % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}

/** The check digit of US routing numbers (ABA): weights 3, 7, 1. */
export function isRoutingNumber(digits: string): boolean {
  if (!/^(0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)\d{7}$/.test(digits)) return false;
  const weights = [3, 7, 1];
  return [...digits].reduce((sum, digit, index) => sum + Number(digit) * (weights[index % 3] ?? 0), 0) % 10 === 0;
}

/** The text of a message, well enough to look for numbers in it. */
const textOf = (html: string) => html.replace(/<[^>]*>|&nbsp;/g, ' ').replace(/\s+/g, ' ');

/**
 * What in a text or HTML should better not be in a ticket. A hint for the person, so it may be wrong, and nothing is
 * ever blocked by it: a routing number counts only near a word about banks, since nine digits are many things.
 */
export function findSensitive(...texts: string[]): Sensitive[] {
  const text = textOf(texts.join('\n'));
  const found: Sensitive[] = [];
  // More digits may follow, such as a date or a check number, and a short number may stand before, such as how many.
  const isCard = (match: string) =>
    [match, match.replace(/^\d{1,3}[ -](?=.{13})/, '')].some((each) =>
      [19, 16, 15].some((length) => passesLuhn(each.replace(/\D/g, '').slice(0, length))),
    );
  if ((text.match(cardLike) ?? []).some(isCard)) found.push('card');
  const isBank =
    accountNumber.test(text) ||
    (/\b(?:routing|aba|bank|account|ach|wire)\b/i.test(text) && (text.match(nineDigits) ?? []).some(isRoutingNumber));
  if (isBank) found.push('bank');
  if (secrets.some((secret) => secret.test(text))) found.push('secret');
  return found;
}
