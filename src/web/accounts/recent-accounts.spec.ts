// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { accountName } from '../layout/account-name.ts';
import { forgetRecentAccounts, recentAccounts, rememberAccount } from './recent-accounts.ts';

const accountID = '4af4784a-c777-48f6-8211-063d5341f84b';
const standIn = accountName({ accountID });
const names = () => recentAccounts('pat').map(accountName);

beforeEach(() => localStorage.clear());

test('an account whose name cannot be read for once keeps the one it had among the recent ones', () => {
  rememberAccount('pat', accountID, 'Whole Body Fitness');
  rememberAccount('pat', 'another', 'Lantern Books');
  rememberAccount('pat', accountID, standIn);
  expect(names()).toEqual(['Whole Body Fitness', 'Lantern Books']);
});

test('an account whose name was never read is remembered without one, and gets it when it is known', () => {
  rememberAccount('pat', accountID, standIn);
  expect(recentAccounts('pat')).toEqual([{ accountID }]);
  rememberAccount('pat', accountID, 'Whole Body Fitness');
  expect(names()).toEqual(['Whole Body Fitness']);
});

test('the last eight are remembered, the last one first, and of nobody else', () => {
  for (let account = 1; account <= 9; account += 1) rememberAccount('pat', `id ${account}`, `Account ${account}`);
  expect(names()).toEqual([9, 8, 7, 6, 5, 4, 3, 2].map((account) => `Account ${account}`));
  expect(recentAccounts('mel')).toEqual([]);
});

test('of whoever signs out none stays on the device, and of anybody else all do', () => {
  for (const userID of ['pat', 'mel']) rememberAccount(userID, 'another', 'Lantern Books');
  forgetRecentAccounts('pat');
  expect(recentAccounts('pat')).toEqual([]);
  expect(recentAccounts('mel')).toHaveLength(1);
});
