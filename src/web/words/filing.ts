import type { ProblemKind } from '../../contract/problem.ts';

const count = (number: number, one: string, many: string) =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`;

/** What the new-ticket form says while the person writes and submits. Loaded with the form's program; see also `form.ts`. */
export const filingWords = {
  fullness: {
    bytes: (used: string, most: string) => `${used} of ${most} KB used, formatting included.`,
    tags: (used: number, most: number) =>
      `${used.toLocaleString('en')} of ${most.toLocaleString('en')} tags used, two for each line or formatted part.`,
  },

  summary: {
    title: (faults: number) => `${count(faults, 'field needs', 'fields need')} attention`,
    /** the two parts of a link to a field: its label, and what is wrong with it */
    entry: (label: string, sentence: string) => ({ label: `${label}:`, sentence }),
  },

  prefill: {
    title: 'Some fields were filled in by a link',
    detail: 'Check them. Nothing is sent until you press Submit ticket.',
  },

  shortcuts: 'Keyboard shortcuts',
  noShortcuts: 'The list of shortcuts could not be loaded. What you write is not affected.',

  kept: 'What you type is kept on this device.',
  draft: {
    saved: 'Saved on this device',
    failed: 'Not saved on this device',
    away: 'Kept in this tab only, until you sign in again',
    justNow: 'just now',
    restored: (age: string) => `Draft restored, saved ${age}`,
    copied: 'This draft is also open in another tab. Submitted from both, it is filed once.',
    maybeSent: 'It was submitted before, and no answer came. Submitting it again does not file it twice.',
    discard: 'Discard',
    discarded: 'Draft discarded',
    undo: 'Undo discard',
    undone: 'Draft is back',
    others: (number: number) => count(number, 'other draft', 'other drafts'),
    untitled: 'Without a title',
    savedWhen: (age: string) => `saved ${age}`,
    elsewhere: 'open in another tab',
    looking: 'Looking for drafts on this device…',
    silent: 'This device does not answer just now. Its drafts are shown as soon as it does.',
    wiped: 'You signed out in another tab, and the drafts of this device were deleted.',
  },

  sending: 'Submitting…',
  filed: 'Submitted',
  waits: 'Waiting to be sent',

  offline: 'You are offline. You can write on: press Submit ticket, and it is sent when you are back.',
  waiting: {
    offline: {
      title: 'You are offline: the ticket is sent when you are back',
      detail:
        'It is kept on this device and sent by itself, once, as long as this page stays open. Changing it stops that.',
    },
    unclear: {
      title: 'No answer yet: the ticket is sent again by itself',
      detail:
        'The connection broke before an answer came, so the ticket may have arrived or not. It is filed once, however often it is sent.',
    },
    held: {
      title: 'Not sent yet',
      detail: 'Press Submit ticket when it is ready.',
    },
    stop: 'Do not send yet',
    now: 'Send now',
  },

  signedOut: {
    title: 'You are signed out',
    detail:
      'Everything you wrote is kept on this device. Sign in again: you come back to this form, filled in as it is, and one click submits it.',
    away: 'What you write now is kept in this tab only. Sign in again: you come back to this form, filled in as it is, and one click submits it.',
    failed: 'What you write is not saved on this device. Copy it before you sign in again.',
    again: 'You are signed in again. Press Submit ticket to send it.',
  },

  problem: {
    /** by kind of problem: what it means here and what to do, where the problem's own words do not say so */
    advice: {
      'malformed-request': 'Nothing was filed. Reload the page, your text comes back, and submit again.',
      'foreign-origin': 'Nothing was filed. Open the portal by its own address, and submit from there.',
      'not-found':
        'Nothing was filed: you cannot file for this account with this sign-in. Choose another account, or ask the person who gave you the link.',
      'too-large': 'Nothing was filed. Shorten the message, and submit again.',
      'wrong-content-type': 'Nothing was filed. Reload the page, your text comes back, and submit again.',
      'idempotency-key-missing': 'Nothing was filed. Reload the page, your text comes back, and submit again.',
      'idempotency-key-malformed': 'Nothing was filed. Discard this draft after copying its text, and file it anew.',
      refused: 'Nothing was filed. Change what the sentence names, and submit again.',
      conflict:
        'Everything you entered is kept. If such a ticket may be there already, look at the tickets of this account before you submit again.',
      'given-up': 'Everything you entered is kept.',
      'forbidden-upstream': 'Everything you entered is kept.',
      'not-found-upstream': 'Everything you entered is kept.',
      'too-many-requests': 'Nothing was filed, and everything you entered is kept.',
      'upstream-unavailable': 'Everything you entered is kept. Submitting again does not file it twice.',
      'upstream-timeout': 'Everything you entered is kept. Submitting again does not file it twice.',
      internal:
        'Everything you entered is kept. Submitting again does not file it twice. If it happens again, quote the reference below.',
      unreadable:
        'Everything you entered is kept. Submitting again does not file it twice. If it stays so, quote the reference below.',
    } satisfies Partial<Record<ProblemKind | 'unreadable', string>> as Readonly<Record<string, string>>,
    otherwise: 'Everything you entered is kept. If it happens again, quote the reference below.',
    lookAtTickets: 'Look at the tickets',
    reused: {
      title: 'An earlier version of this ticket was accepted already',
      detail:
        'It was submitted before you changed it, from here or from another tab. Look whether it says what is needed; if not, file this version as a ticket of its own.',
      fileAnyway: 'File as another ticket',
    },
  },

  similar: {
    title: 'Is it one of these?',
    detail: 'Still open, with a similar title:',
    entry: (number: number, title: string) => `#${number} ${title}`,
  },

  sensitive: {
    title: 'This looks like something that should not be in a ticket',
    found: {
      card: 'A card number',
      bank: 'A bank account or routing number',
      secret: 'A password, key or token',
    },
    detail:
      'Support does not need it, and everyone who reads the ticket would see it. Leave it out, or keep the last four characters only.',
  },
} as const;
