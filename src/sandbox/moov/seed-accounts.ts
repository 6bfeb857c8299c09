import { accountIDs } from '../people.ts';
import type { Account } from './store.ts';

type Seed = Pick<Account, 'accountID' | 'displayName' | 'email'> & Partial<Account>;

const connected: Seed[] = [
  {
    accountID: accountIDs.wholeBodyFitness,
    displayName: 'Whole Body Fitness',
    email: 'melany.roberts@yahoo.com',
    foreignID: 'wbf-001',
  },
  {
    accountID: accountIDs.lanternBooks,
    displayName: 'Lantern Books',
    email: 'ines@lanternbooks.example',
    foreignID: 'lantern-7',
  },
  {
    accountID: accountIDs.cornerBakery,
    displayName: 'Corner Bakery Collective',
    email: 'accounts@cornerbakery.example',
    foreignID: 'cbc-12',
  },
  {
    accountID: '2d9e5f10-7b3c-4d8a-b1e6-8f4a2c6d9e02',
    displayName: 'Blue Ridge Plumbing',
    email: 'office@blueridgeplumbing.example',
  },
  {
    accountID: '3ea06f21-8c4d-4e9b-82f7-9051b3d7ea03',
    displayName: 'Sunrise Yoga Studio',
    email: 'hello@sunriseyoga.example',
  },
  {
    accountID: '4fb17032-9d5e-4fac-93a8-a162c4e8fb04',
    displayName: 'Metro Bike Repair',
    email: 'shop@metrobike.example',
  },
  {
    accountID: '50c28143-ae6f-40bd-a4b9-b273d5f90c05',
    displayName: 'Green Thumb Landscaping',
    email: 'billing@greenthumb.example',
  },
  {
    accountID: '61d39254-bf70-41ce-b5ca-c384e60a1d06',
    displayName: 'Paws & Whiskers Grooming',
    email: 'team@pawswhiskers.example',
  },
  {
    accountID: '72e4a365-c081-42df-86db-d495f71b2e07',
    displayName: 'Northside Dental Care',
    email: 'desk@northside.example',
  },
  { accountID: '83f5b476-d192-43e0-97ec-e5a6082c3f08', displayName: 'Café Olé', email: 'hola@cafeole.example' },
  {
    accountID: '9406c587-e2a3-44f1-a8fd-f6b7193d4009',
    displayName: 'Tidewater Charters',
    email: 'crew@tidewater.example',
  },
  {
    accountID: 'a517d698-f3b4-4502-b90e-07c82a4e510a',
    displayName: 'Dana Whitfield',
    email: 'dana@whitfield.example',
    accountType: 'individual',
  },
  {
    accountID: 'b628e7a9-04c5-4613-8a1f-18d93b5f620b',
    displayName: 'O’Malley’s Auto Glass',
    email: 'glass@omalleys.example',
  },
];

const others: Seed[] = [
  {
    accountID: accountIDs.partner,
    displayName: 'Harbor Payments Partners',
    email: 'support@harborpartners.example',
    connection: 'self',
  },
  {
    accountID: accountIDs.disconnected,
    displayName: 'Old Mill Theater',
    email: 'box@oldmill.example',
    connection: 'disconnected',
    disconnectedOn: '2026-02-11T16:20:00.000Z',
  },
  {
    accountID: accountIDs.neverConnected,
    displayName: 'Rival Outfitters',
    email: 'hello@rival.example',
    connection: 'never',
  },
];

const kinds = ['Bakery', 'Books', 'Cycles', 'Dental', 'Fitness', 'Florist', 'Garage', 'Grill', 'Salon', 'Studio'];
const places = ['Ash', 'Birch', 'Cedar', 'Elm', 'Harbor', 'Hill', 'Lake', 'Maple', 'Mill', 'River', 'Stone', 'Valley'];
const of = (words: readonly string[], index: number) => words[index % words.length] ?? '';

/** Generated connected accounts, the same each time, to try the account picker with thousands. */
const generated = (count: number): Seed[] =>
  Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(5, '0');
    return {
      accountID: `00000000-0000-4000-8000-${number.padStart(12, '0')}`,
      displayName: `${of(places, index)} Street ${of(kinds, Math.floor(index / places.length))} ${number}`,
      email: `merchant-${number}@example.com`,
      foreignID: `m-${number}`,
    };
  });

/**
 * The accounts of the sandbox.
 * @param extra how many generated ones to add, all connected
 */
export const seedAccounts = (extra = 0): Account[] =>
  [...connected, ...generated(extra), ...others].map((seed, index) => ({
    accountType: 'business',
    connection: 'connected',
    createdOn: new Date(Date.UTC(2025, 0, 6, 9, index)).toISOString(),
    ...seed,
  }));
