export type Sensitive = 'card' | 'bank' | 'secret';

/** 13 to 19 digits, as on payment cards, with or without a space or hyphen between them, and not inside a longer number or an id. */
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

/** Whether the last digit is the right check digit of a payment card (Luhn; ISO/IEC 7812-1, annex B). `digits` holds only digits. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const twice = digit * 2;
    sum += index % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}

/** Whether nine digits are a US bank's routing number (ABA): a known prefix, and a checksum with the weights 3, 7, 1. */
export function isRoutingNumber(digits: string): boolean {
  if (!/^(0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)\d{7}$/.test(digits)) return false;
  const weights = [3, 7, 1];
  return [...digits].reduce((sum, digit, index) => sum + Number(digit) * (weights[index % 3] ?? 0), 0) % 10 === 0;
}

/** The text in a message's HTML. Rough, but good enough to search it for numbers. */
const textOf = (html: string) => html.replace(/<[^>]*>|&nbsp;/g, ' ').replace(/\s+/g, ' ');

/**
 * Finds what should not be in a ticket: card numbers, bank accounts, secrets. This is only a hint for the person and blocks nothing, so it
 * may be wrong. Nine digits count as a routing number only when the text also has a word about banks, since they may be many other things.
 * @param texts plain text or HTML
 * @returns the kinds that were found, each once
 */
export function findSensitive(...texts: string[]): Sensitive[] {
  const text = textOf(texts.join('\n'));
  const found: Sensitive[] = [];
  // The match may hold more than the card's digits: others after it, such as a date or a security code, and a short number before it.
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
