import { describe, expect, test } from 'vitest';
import { searchAccounts } from './accounts-search.ts';

const account = (displayName: string, accountID = 'feedfeed-0000-4000-8000-000000000000') => ({
  accountID,
  displayName,
});
const namesFound = (accounts: ReturnType<typeof account>[], q: string) =>
  searchAccounts(accounts, q).map(({ displayName }) => displayName);

describe('a search for accounts', () => {
  test('finds the one whose whole name it is first, though its number is in the ids of all the others', () => {
    const shops = Array.from({ length: 450 }, (_, index) =>
      account(`Shop ${index}`, `44444444-0000-4000-8000-${index}`),
    );
    expect(namesFound(shops, 'Shop 44')).toEqual([
      'Shop 44',
      ...Array.from({ length: 10 }, (_, last) => `Shop 44${last}`),
      'Shop 144',
      'Shop 244',
      'Shop 344',
    ]);
  });

  test('puts the likeliest first, and those that are alike in the order of the list', () => {
    const likeliest = [
      [account('Cafe 4')],
      [account('Cafe 4 You'), account('Cafe 40')],
      [account('4 Friends Cafe'), account('The Cafe of (4)'), account('Netcafe & Cafe 4')],
      [account('Decaf 14, cafes'), account('Netcafe 4')],
    ];
    const names = likeliest.flat().map(({ displayName }) => displayName);
    expect(namesFound(likeliest.toReversed().flat(), ' CAFÉ  4 ')).toEqual(names);
  });

  test('takes a typographic apostrophe for a straight one, whichever of the two was typed', () => {
    for (const [name, q] of [
      ['Joe’s Diner', "joe's"],
      ["Joe's Diner", 'Joe’s'],
    ] as const)
      expect(namesFound([account(name)], q)).toEqual([name]);
  });

  test.each([
    ['its beginning', 'cafe', true],
    ['its beginning past a dash', 'CAFE0123-4', true],
    ['its beginning without dashes', 'cafe012345', true],
    ['the whole of it', 'cafe0123-4567-4000-8000-0123456789ab', true],
    ['fewer than four characters', 'caf', false],
    ['dashes alone', '----', false],
    ['a part from its middle', '4567', false],
    ['its beginning and another word', 'cafe0123 shop', false],
  ])('finds an account by its id: %s', (_, q, found) => {
    const sought = account('Corner Bakery', 'cafe0123-4567-4000-8000-0123456789ab');
    expect(searchAccounts([account('Another'), sought], q)).toEqual(found ? [sought] : []);
  });

  test('finds an account of unknown name by its id alone', () => {
    const nameless = { accountID: 'cafe0123-4567-4000-8000-0123456789ab' };
    expect(searchAccounts([nameless], 'cafe0123')).toEqual([nameless]);
    expect(searchAccounts([nameless], 'bakery')).toEqual([]);
  });

  test('without words finds every account, as listed', () => {
    const all = [account('Zebra'), account('Ant')];
    expect(searchAccounts(all, ' \t ')).toEqual(all);
  });
});
