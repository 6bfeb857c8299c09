import type { NewTicketField } from '../../contract/ticket.ts';
import { earlyWords } from './early.ts';

/** Words of the new-ticket form that are in its HTML from the start. What it says later is in `filing.ts`. */
export const formWords = {
  optional: 'Optional',

  title: 'New ticket',
  lead: 'Support answers by email, at the contact address below.',

  labels: {
    title: 'Title',
    body: 'Message',
    'contact.email': 'Contact email',
    'contact.name': 'Contact name',
    author: 'Author',
    foreignID: 'Your reference',
  } satisfies Record<NewTicketField, string>,
  hints: {
    title: 'What it is about, in one line.',
    body: 'What happened, when, and what you expected instead. IDs and amounts help.',
    contactEmail: 'Answers arrive here.',
    contactName: 'Whom support may address.',
    author: (name: string | undefined) =>
      name === undefined
        ? 'Who is shown as having written this. Left empty, it is you.'
        : `Who is shown as having written this. Left empty, it is you: ${name}.`,
    foreignID: 'A number or name of your own, to find the ticket by.',
  },
  prefilled: 'Filled in by the link.',
  moreDetails: 'More details',
  submit: 'Submit ticket',
  shortcut: { mac: '⌘ Enter', other: 'Ctrl + Enter' },
  filingFor: (account: string) => `For ${account}`,

  asked: 'Submitted when this page is ready.',
  heldBack: 'Not submitted: the form has been filled in since. Read it, and submit again.',
  ...earlyWords,
  incomplete: 'Part of this page has not come. It keeps nothing: copy your text, and reload the page.',

  message: {
    preview: 'Preview',
    edit: 'Close preview',
    noPreview: 'The preview could not be loaded. What you write is not affected.',
  },
} as const;
