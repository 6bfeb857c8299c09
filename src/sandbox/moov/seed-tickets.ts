import { accountIDs } from '../people.ts';
import { mailStyleMessage } from './mail-style.ts';
import type { TicketRecord, TicketStatus } from './store.ts';

type Seed = {
  accountID: string;
  title: string;
  status: TicketStatus;
  /** days before the start */
  age: number;
  contact: { email: string; name?: string };
  foreignID?: string;
  /** the first is the ticket's own body; `after`: hours after the ticket was filed */
  messages: { author: string; body: string; after?: number }[];
};

const mel = { email: 'melany.roberts@yahoo.com', name: 'Mel Roberts' };
const ines = { email: 'ines@lanternbooks.example', name: 'Ines Okafor' };
const bakery = { email: 'accounts@cornerbakery.example', name: 'Tomas Beck' };
const agent = 'Jordan at Moov Support';
/** As a body, this is replaced by the sample mail, which quotes the ticket's title and date. */
const answersByMail = 'answers by mail';

const seeds: Seed[] = [
  {
    accountID: accountIDs.wholeBodyFitness,
    title: 'Payout of $1,840.00 has not arrived',
    status: 'in-progress',
    age: 3.1,
    contact: mel,
    foreignID: 'WBF-1042',
    messages: [
      {
        author: mel.name,
        body: '<p>Our payout of <strong>$1,840.00</strong> was due yesterday and is not in our bank account.</p><p>All three show as <em>completed</em> in the dashboard:</p><ul><li>PO-2214: $1,840.00</li><li>PO-2215: $920.50</li><li>PO-2216: $2,310.75</li></ul>',
      },
      {
        author: agent,
        body: '<p>Hi Mel, we have asked the receiving bank. It usually answers within one business day.</p>',
        after: 5,
      },
      {
        author: agent,
        body: answersByMail,
        after: 49,
      },
    ],
  },
  {
    accountID: accountIDs.wholeBodyFitness,
    title: 'Customer charged twice for one membership',
    status: 'new',
    age: 0.4,
    contact: mel,
    messages: [
      {
        author: mel.name,
        body: '<p>A member was charged <strong>$49.00</strong> twice within a minute on Monday. Please tell us which of the two we may refund.</p>',
      },
    ],
  },
  {
    accountID: accountIDs.wholeBodyFitness,
    title: 'Dispute: which evidence is accepted for a recurring payment?',
    status: 'on-hold',
    age: 9,
    contact: mel,
    foreignID: 'WBF-1017',
    messages: [
      {
        author: mel.name,
        body: '<p>A customer disputes a monthly payment. We have the signed contract and the visits of that month.</p><blockquote><p>“I do not recognise this charge.”</p></blockquote>',
      },
      {
        author: agent,
        body: '<p>Please send the contract and the log of visits by email. We wait for them.</p>',
        after: 20,
      },
    ],
  },
  {
    accountID: accountIDs.wholeBodyFitness,
    title: 'Terminal offline since the router was replaced',
    status: 'closed',
    age: 21,
    contact: mel,
    messages: [
      { author: mel.name, body: '<p>The card terminal at the front desk says <code>NO NETWORK</code>.</p>' },
      { author: agent, body: '<p>Please restart it with the new Wi-Fi password.</p>', after: 2 },
      { author: mel.name, body: '<p>That was it. Thank you!</p>', after: 3 },
    ],
  },
  {
    accountID: accountIDs.wholeBodyFitness,
    title: 'Statement shows the wrong legal name',
    status: 'closed',
    age: 34,
    contact: mel,
    foreignID: 'WBF-0988',
    messages: [
      {
        author: mel.name,
        body: '<p>The statement says “Whole Body Fit LLC”. Our name is “Whole Body Fitness LLC”.</p>',
      },
      { author: agent, body: '<p>Corrected, with a new statement in the dashboard.</p>', after: 26 },
    ],
  },
  {
    accountID: accountIDs.lanternBooks,
    title: 'ACH debits returned with R10 after the price change',
    status: 'in-progress',
    age: 1.6,
    contact: ines,
    foreignID: 'LB-233',
    messages: [
      {
        author: ines.name,
        body: '<p>Since the price change seven debits came back with <code>R10</code>. The authorizations name the old amount.</p>',
      },
      { author: agent, body: '<p>Thank you, we are looking at the seven returns.</p>', after: 4 },
    ],
  },
  {
    accountID: accountIDs.lanternBooks,
    title: 'How do we add a second bank account?',
    status: 'closed',
    age: 15,
    contact: ines,
    messages: [
      {
        author: ines.name,
        body: '<p>We would like payouts of the shop and of the café to go to different accounts.</p>',
      },
      { author: agent, body: '<p>Add it under “Linked accounts”, then choose it for the sweep.</p>', after: 1 },
    ],
  },
  {
    accountID: accountIDs.cornerBakery,
    title: 'Verification asks for a document that we have sent',
    status: 'new',
    age: 0.1,
    contact: bakery,
    foreignID: 'CBC-77',
    messages: [
      {
        author: 'Pat Nguyen',
        body: '<p>The bakery uploaded its registration on Friday. The account still says <em>document required</em>.</p>',
      },
    ],
  },
  {
    accountID: accountIDs.cornerBakery,
    title: 'Refund of $310.00 is still pending',
    status: 'on-hold',
    age: 6,
    contact: bakery,
    messages: [
      { author: bakery.name, body: '<p>We refunded a catering order a week ago. The customer has not got it.</p>' },
      { author: agent, body: '<p>The card issuer has it. We look again on Thursday.</p>', after: 30 },
    ],
  },
  {
    accountID: accountIDs.partner,
    title: 'Fee plan for new merchants from next quarter',
    status: 'in-progress',
    age: 4,
    contact: { email: 'pat@harborpartners.example', name: 'Pat Nguyen' },
    foreignID: 'HARBOR-9',
    messages: [
      {
        author: 'Pat Nguyen',
        body: '<p>From next quarter new merchants should get the plan <strong>Standard</strong> by default.</p>',
      },
      {
        author: agent,
        body: '<p>We can switch it on the last day of this quarter. Is 18:00 UTC all right?</p>',
        after: 7,
      },
    ],
  },
];

const generatedTitles = [
  'Transfer is stuck in pending',
  'Question about last month’s fees',
  'Card declined at checkout',
  'Wallet balance differs from our books',
  'Cannot change the support phone number',
];

/** Generated closed tickets of the first merchant, the same each time, to try long lists. */
const generated = (count: number): Seed[] =>
  Array.from({ length: count }, (_, index) => ({
    accountID: accountIDs.wholeBodyFitness,
    title: `${generatedTitles[index % generatedTitles.length] ?? ''} (${index + 1})`,
    status: 'closed',
    age: 40 + (count - index) * 0.02,
    contact: mel,
    messages: [{ author: mel.name, body: `<p>Example number ${index + 1}.</p>` }],
  }));

const hourMs = 3_600_000;

/**
 * The tickets of the sandbox, oldest first, with fixed ids and numbers, and dates at fixed distances before the start.
 * @param extra how many generated tickets the first merchant has in addition
 */
export function seedTickets(start: Date, extra = 0): TicketRecord[] {
  return [...generated(extra), ...seeds]
    .sort((one, other) => other.age - one.age)
    .map((seed, index) => {
      const createdOn = start.getTime() - seed.age * 24 * hourMs;
      const messages = seed.messages.map(({ author, body, after = 0 }) => ({
        author,
        body:
          body === answersByMail
            ? mailStyleMessage('Jordan Ames', { text: seed.title, on: new Date(createdOn) })
            : body,
        sentOn: new Date(createdOn + after * hourMs).toISOString(),
      }));
      const latest = messages.at(-1)?.sentOn ?? new Date(createdOn).toISOString();
      const closedOn = new Date(Date.parse(latest) + hourMs).toISOString();
      const isClosed = seed.status === 'closed';
      return {
        accountID: seed.accountID,
        ticket: {
          ticketID: `7e57ed00-0000-4000-8000-${String(index + 1).padStart(12, '0')}`,
          number: 4001 + index,
          title: seed.title,
          contact: seed.contact,
          status: seed.status,
          createdOn: new Date(createdOn).toISOString(),
          updatedOn: isClosed ? closedOn : latest,
          latestMessageOn: latest,
          ...(isClosed && { closedOn }),
          ...(seed.foreignID !== undefined && { foreignID: seed.foreignID }),
        },
        messages,
      };
    });
}
