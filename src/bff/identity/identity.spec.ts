import { expect, test } from 'vitest';
import { claimed, readIdentity } from './claims.ts';
import { readCookie, sessionCookie, writeCookie } from './cookies.ts';
import { safeReturnTo } from './return-to.ts';

const portal = 'https://portal.example';

test.each([
  ['/accounts/1/tickets/new?title=A%20b', '/accounts/1/tickets/new?title=A%20b'],
  // Links that people write by hand are encoded once or not at all.
  ['/accounts/1/tickets/new?title=My title', '/accounts/1/tickets/new?title=My%20title'],
  [
    '/accounts/1/tickets/new?title=Überweisung “7”',
    '/accounts/1/tickets/new?title=%C3%9Cberweisung%20%E2%80%9C7%E2%80%9D',
  ],
  ['/', '/'],
  ['/authors?x=1', '/authors?x=1'],
  ['/ /evil.example', '/%20/evil.example'],
  [' //evil.example', '/'],
  ['/\u00a0/evil.example', '/%C2%A0/evil.example'],
  [`/?title=${'東'.repeat(1500)}`, '/'],
  ['/\r\nevil: yes', '/'],
  ['/\u0085evil', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/%5cevil.example/..//evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/\tevil', '/'],
  ['/..//evil.example', '/'],
  ['/auth/logout', '/'],
  ['/api/session', '/'],
  ['/%61uth/login?returnTo=/%61uth/login', '/'],
  ['/a/../%61pi/session', '/'],
  ['/healthz', '/'],
  ['/%72eadyz?x=1', '/'],
  ['/%ff', '/'],
  ['/%2f%2fevil.example', '/%2f%2fevil.example'],
  [`/${'a'.repeat(2_000)}`, '/'],
  ['', '/'],
  [undefined, '/'],
])('after signing in, returnTo %j leads to %j', (given, expected) => {
  const safe = safeReturnTo(given, portal);
  expect(new URL(safe, portal).origin).toBe(portal);
  expect(safe.startsWith('//')).toBe(false);
  if (given !== '/%5cevil.example/..//evil.example') expect(safe).toBe(expected);
});

const names = { roleClaim: 'moov_role', accountClaim: 'moov_account_id' };
const account = '4af4784a-c777-48f6-8211-063d5341f84b';

test('a merchant is a merchant of the account in the claim', () => {
  expect(
    readIdentity(
      { name: 'Mel', email: 'm@example.com', moov_role: 'merchant', moov_account_id: account.toUpperCase() },
      'i',
      's',
      names,
    ),
  ).toMatchObject({ role: 'merchant', accountID: account, person: { name: 'Mel' } });
});

test.each([
  ['no claims', {}],
  ['an unknown role', { moov_role: 'admin', moov_account_id: account }],
  ['a merchant without an account', { moov_role: 'merchant' }],
  ['a merchant with a malformed account', { moov_role: 'merchant', moov_account_id: '../x' }],
  ['a role that is no text', { moov_role: { merchant: true }, moov_account_id: account }],
  ['two accounts', { moov_role: 'merchant', moov_account_id: [account, '7d2c4a90-5b1e-4c63-9f2a-0c6d8e1b3a57'] }],
])('somebody with %s may act for nobody', (_, claims) => {
  expect(readIdentity(claims, 'i', 's', names).role).toBeNull();
});

test('somebody who is both is staff, and of no account of their own', () => {
  const both = readIdentity({ moov_role: ['merchant', 'partner'], moov_account_id: account }, 'i', 's', names);
  expect(both.role).toBe('partner');
  expect(both.accountID).toBeUndefined();
});

test('roles may come as a list, and claims under other names', () => {
  expect(
    readIdentity({ 'https://x/roles': ['a', 'partner'] }, 'i', 's', { roleClaim: 'https://x/roles', accountClaim: 'a' })
      .role,
  ).toBe('partner');
});

test('an account may come as a list of one, and claims inside others', () => {
  const nested = { roleClaim: 'realm_access.roles', accountClaim: 'moov.account' };
  expect(
    readIdentity({ realm_access: { roles: ['a', 'merchant'] }, moov: { account: [account] } }, 'i', 's', nested),
  ).toMatchObject({ role: 'merchant', accountID: account });
  const notOurs = { realm_access: 'merchant', moov: { account }, 'realm_access.roles': 'partner' };
  expect(readIdentity(notOurs, 'i', 's', nested).role, 'a claim of the very name comes first').toBe('partner');
});

test('a claim that is null says nothing', () => {
  expect(claimed({ moov_role: null }, 'moov_role')).toEqual([]);
});

test('what every object has is no claim of a provider', () => {
  expect(claimed({ realm_access: {} }, 'realm_access.constructor')).toEqual([]);
  expect(claimed({}, 'toString')).toEqual([]);
});

test('a person is issuer and subject, and is named by what there is', () => {
  const one = readIdentity({ email: 'same@example.com' }, 'issuer-1', 's', names);
  const two = readIdentity({ email: 'same@example.com' }, 'issuer-2', 's', names);
  expect(one.person.personID).not.toBe(two.person.personID);
  expect(readIdentity({}, 'issuer-1', '1', names).person.personID).not.toBe(
    readIdentity({}, 'issuer-', '11', names).person.personID,
  );
  expect(one.person.name).toBe('same@example.com');
  expect(readIdentity({ given_name: 'Mel', family_name: 'Roberts' }, 'i', 's', names).person.name).toBe('Mel Roberts');
});

test('a name is cut so that the database can hold it, and a session of the provider has a name', () => {
  const read = readIdentity({ name: ` ${'a'.repeat(199)}😀b`, sid: '' }, 'i', 's', names);
  expect(read.person.name).toBe(`${'a'.repeat(199)}\ufffd`);
  expect(read).not.toHaveProperty('providerSid');
  expect(readIdentity({ sid: '\ud800' }, 'i', 's', names)).not.toHaveProperty('providerSid');
  expect(readIdentity({ sid: 'x'.repeat(255) }, 'i', 's', names).providerSid).toHaveLength(255);
});

test('only a cookie of the form that we give out is read', () => {
  const id = 'a'.repeat(43);
  expect(readCookie(`x=1; ${sessionCookie}=${id}`, sessionCookie)).toBe(id);
  expect(readCookie(`${sessionCookie}=short`, sessionCookie)).toBeUndefined();
  expect(readCookie(`${sessionCookie}=${id}a`, sessionCookie)).toBeUndefined();
  expect(readCookie(`${sessionCookie}="${id}`, sessionCookie)).toBeUndefined();
  expect(readCookie(`y${sessionCookie}=${id}`, sessionCookie)).toBeUndefined();
  expect(writeCookie(sessionCookie, id, 'Strict')).toBe(
    `__Host-Http-session=${id}; Path=/; HttpOnly; Secure; SameSite=Strict`,
  );
});
