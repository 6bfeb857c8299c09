import { describe, expect, test } from 'vitest';
import { findSensitive, isRoutingNumber, passesLuhn } from './new-ticket-sensitive.ts';

describe('what should better not be in a ticket', () => {
  test.each([
    ['4111111111111111'],
    ['4111 1111 1111 1111'],
    ['5500-0000-0000-0004'],
    ['3400 000000 00009'],
    ['4111 1111 1111 1111 123'],
    ['2 4111111111111111'],
    ['<p>4111&nbsp;1111 <strong>1111</strong> 1111</p>'],
  ])('a card number: %s', (text) => {
    expect(findSensitive(`Refused: ${text}, why?`)).toEqual(['card']);
  });

  test.each([
    ['4111111111111112', 'a wrong check digit'],
    ['4af4784a-c777-4111-1111-111111111111', 'an id'],
    ['a4111111111111111', 'part of another name'],
    ['41111111111111114111111111111111', 'a longer number'],
    ['Order 2026-05-12 17:30:00 of 1200.50 USD', 'dates and amounts'],
    ['+1 415 555 2671', 'a telephone number'],
    ['33 79927398713', 'another number, and the number of something shorter'],
  ])('%s is not a card number: %s', (text) => {
    expect(findSensitive(text)).toEqual([]);
  });

  test('a routing number near a word about banks, and a bank account number', () => {
    expect(findSensitive('Our routing is 021000021')).toEqual(['bank']);
    expect(findSensitive('', '<p>Account number: 000123456789</p>')).toEqual(['bank']);
    expect(findSensitive('Ticket 021000021')).toEqual([]);
    expect(findSensitive('Our routing is 021000022')).toEqual([]);
  });

  test.each([
    ['sk_live_abcdefghijklmnop'],
    ['-----BEGIN RSA PRIVATE KEY-----'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123'],
    ['AKIAIOSFODNN7EXAMPLE'],
    ['Authorization: Bearer abcdefghijklmnopqrstuvwxyz'],
    ['my password is hunter22'],
    ['api_key=0123456789abcdef'],
  ])('a secret: %s', (text) => {
    expect(findSensitive(text)).toEqual(['secret']);
  });

  test('talking about secrets is fine', () => {
    expect(findSensitive('I forgot my password and the API key page is empty')).toEqual([]);
  });

  test('tells everything that it finds, once', () => {
    expect(findSensitive('4111111111111111 5500000000000004', 'secret: abcdef1, aba 021000021')).toEqual([
      'card',
      'bank',
      'secret',
    ]);
  });
});

test('check digits', () => {
  expect(passesLuhn('79927398713')).toBe(true);
  expect(passesLuhn('79927398710')).toBe(false);
  expect(isRoutingNumber('011401533')).toBe(true);
  expect(isRoutingNumber('999999999')).toBe(false);
});
