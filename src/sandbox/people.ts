/** The accounts that code refers to by name. The first id is the one in Moov's own samples. */
export const accountIDs = {
  wholeBodyFitness: '4af4784a-c777-48f6-8211-063d5341f84b',
  lanternBooks: 'b1f0c8de-3a45-4e7b-9c1d-5f2e6a7b8c90',
  /** the partner (facilitator): its staff file on behalf of the accounts connected to it */
  partner: '7d2c4a90-5b1e-4c63-9f2a-0c6d8e1b3a57',
  /** connected to the partner as well */
  cornerBakery: '1c0f4d5a-92b3-4b0e-8a57-6e1d2c3b4a51',
  /** exists, but was never connected to the partner */
  neverConnected: 'e3a1b2c4-d5e6-4f70-8a91-b2c3d4e5f607',
  /** was connected once, and left */
  disconnected: 'd41d8cd9-8f00-4204-a980-0998ecf8427e',
} as const;

/** Somebody who can sign in at the sandbox's identity provider. `role` and `accountID`, if given, become claims. */
export type Person = {
  /** the subject (`sub`), fixed */
  id: string;
  name: string;
  email: string;
  role?: 'merchant' | 'partner';
  accountID?: string;
  /** who they are, for the sign-in page and the help page */
  about: string;
};

/** The demo people: one button each on the sign-in page. */
export const people: readonly Person[] = [
  {
    id: 'mel-roberts',
    name: 'Mel Roberts',
    email: 'melany.roberts@yahoo.com',
    role: 'merchant',
    accountID: accountIDs.wholeBodyFitness,
    about: 'Merchant, Whole Body Fitness',
  },
  {
    id: 'ines-okafor',
    name: 'Ines Okafor',
    email: 'ines@lanternbooks.example',
    role: 'merchant',
    accountID: accountIDs.lanternBooks,
    about: 'Merchant, Lantern Books',
  },
  {
    id: 'pat-nguyen',
    name: 'Pat Nguyen',
    email: 'pat@harborpartners.example',
    role: 'partner',
    about: 'Partner staff, Harbor Payments Partners',
  },
  {
    id: 'sam-lindqvist',
    name: 'Sam Lindqvist',
    email: 'sam@harborpartners.example',
    role: 'partner',
    about: 'Partner staff, Harbor Payments Partners',
  },
  {
    id: 'robin-vale',
    name: 'Robin Vale',
    email: 'robin.vale@example.com',
    about: 'Has no role and no account yet',
  },
];
