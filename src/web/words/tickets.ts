import type { WaitingReason } from '../../contract/submission.ts';
import { formWords } from './form.ts';

/** Words of the list of tickets, a ticket, and a submission that waits. */
export const ticketWords = {
  number: (number: number) => `#${number}`,
  ticketNumber: (number: number) => `Ticket #${number}`,
  untitled: 'Ticket without a title',

  /** Moov's four statuses: the word, and what it means to the person who filed. */
  status: {
    new: { name: 'New', meaning: 'Support has received it, and has not begun yet.' },
    'in-progress': { name: 'In progress', meaning: 'Support is working on it.' },
    'on-hold': { name: 'On hold', meaning: 'Support is waiting: for your answer by email, or for somebody else.' },
    closed: { name: 'Closed', meaning: 'It is settled, and cannot be opened again.' },
  },
  /** the meaning of a status that Moov has added since; the status itself is shown in Moov's own word */
  otherStatus: 'A status of Moov’s own.',

  list: {
    title: 'Tickets',
    search: 'Search tickets',
    searchHint: 'Number, reference or words of the title',
    filter: 'Status',
    all: 'All',
    openGroup: 'Open and waiting',
    closedGroup: 'Closed',
    found: 'Search results',
    loading: 'Loading the tickets…',
    loadingMore: 'Loading more tickets…',
    loadMore: 'Load more',
    asRead: (moment: string) => `The list is shown as it was read on ${moment}.`,
    moreFailed: 'The next tickets could not be loaded.',
    shown: (count: number, more: boolean) =>
      more
        ? `The ${count.toLocaleString('en')} newest are shown.`
        : count === 1
          ? '1 ticket.'
          : count === 0
            ? 'No tickets.'
            : `All ${count.toLocaleString('en')} tickets are shown.`,
    searchedAll: (count: number) =>
      count === 1 ? 'Searched the only ticket.' : `Searched all ${count.toLocaleString('en')} tickets.`,
    searchedBackTo: (count: number, date: string) =>
      `Searched the ${count.toLocaleString('en')} newest tickets, back to ${date}.`,
    searching: 'Searching…',
    searchFurther: 'Search further back',
    matches: (count: number) => (count === 1 ? '1 ticket found.' : `${count.toLocaleString('en')} tickets found.`),
    updated: 'Updated',
    reference: 'Reference',
    unread: 'Unread',
    empty: {
      title: 'No tickets yet',
      detail: 'When something does not work as you expect, file a ticket: it goes to Moov support.',
    },
    emptyStatus: {
      title: (status: string) => `No tickets with the status “${status}”`,
      all: 'Show all tickets',
    },
    emptySearch: {
      title: (query: string) => `Nothing found for “${query}”`,
      titleWithin: (query: string, status: string) => `Nothing found for “${query}” with the status “${status}”`,
      everywhere: 'Search in every status',
      detail: 'The search looks at the number, the reference and the title. The text of messages cannot be searched.',
      clear: 'Clear the search',
    },
  },

  draft: {
    group: 'Not submitted yet',
    untitled: 'Without a title',
    kept: 'Kept on this device only',
    badge: 'Draft',
    saved: 'Saved',
  },

  waiting: {
    group: 'Not delivered yet',
    /** when nothing of the group waits any more */
    groupSettled: 'Not delivered',
    /** when one of the group may have arrived and nobody will find out */
    groupUnknown: 'Delivery not confirmed',
    /** the titles of those that are erased already */
    untitled: {
      rejected: 'A ticket that Moov refused: open it to see why',
      'given-up': 'A ticket that may have arrived: open it to see what to do',
    },
    badge: {
      sending: 'Being sent',
      queued: 'Not delivered yet',
      rejected: 'Refused',
      'given-up': 'Outcome unknown',
      cancelled: 'Cancelled',
      created: 'Filed',
    },
    submitted: 'Submitted',
    next: 'Next attempt',
    nextSoon: 'within a minute',
  },

  across: {
    title: 'Open in your recent accounts',
    none: 'Nothing is open.',
    noneLately: 'Nothing is open among the latest tickets.',
    loading: 'Looking…',
    failed: 'The tickets could not be read.',
    all: (count: number) => `All ${count.toLocaleString('en')} open tickets`,
    more: 'All tickets',
  },

  ticket: {
    loadingTitle: 'Ticket',
    tabTitle: (number: number, title: string) => `#${number} ${title}`,
    loading: 'Loading the ticket…',
    loadingMessages: 'Loading the conversation…',
    facts: 'About this ticket',
    fact: {
      filedBy: 'Filed by',
      filedFor: 'For',
      contact: 'Contact',
      reference: 'Your reference',
      created: 'Filed',
      updated: 'Last change',
      latest: 'Latest message',
      closed: 'Closed',
    },
    conversation: 'Conversation',
    toNewest: (count: number) => `To the newest of ${count} messages`,
    noMessages: 'The conversation is empty so far.',
    support: 'Support',
    customerSide: 'Your side',
    newMessage: 'New',
    newMessageAnnounced: (author: string) => (author === '' ? 'New message.' : `New message by ${author}.`),
    answerTitle: 'How to reply',
    answer: 'Support answers by email at',
    answerUnknown: 'the address that the ticket was filed with',
    answerHow: 'To reply, answer that email: messages cannot be written here.',
    copyEmail: 'Copy address',
    close: 'Close ticket',
    closeTitle: 'Close this ticket?',
    closeDetail: 'Support stops working on it. A closed ticket cannot be opened again; you can file a follow-up.',
    keepOpen: 'Keep it open',
    closed: 'The ticket is closed.',
    closeFailed: 'The ticket could not be closed, and is as it was.',
    closeFailedOf: (title: string) => `The ticket “${title}” could not be closed, and is as it was.`,
    closeFailedNoted: 'Hide this',
    followUp: 'File a follow-up',
    followUpHint: 'It carries the title, the contact and the reference over.',
    followUpTitle: (title: string) => (/^follow-up:/i.test(title) ? title : `Follow-up: ${title}`),
    filedNotice: (number: number) => `Ticket #${number} has been filed`,
    filedDetail: (email: string) => `Answers will arrive by email at ${email}.`,
    fileAnother: 'File another ticket',
  },

  submission: {
    title: 'Ticket not delivered yet',
    titles: {
      sending: 'Your ticket is being delivered',
      queued: 'Your ticket is kept, and not delivered yet',
      created: 'Your ticket has been filed',
      rejected: 'Moov has refused this ticket',
      'given-up': 'The search for this ticket was ended',
      cancelled: 'This ticket was cancelled',
    },
    loading: 'Loading what is known…',
    details: {
      sending:
        'It has been handed over to Moov, whose answer has not come yet. You do not have to keep this page open.',
      queued:
        'It is kept safely and will be delivered by itself as soon as possible. You do not have to keep this page open.',
      created: 'Opening the ticket…',
      rejected: 'It was not filed. This is what Moov says; you can put the text back into the form and correct it.',
      'given-up': 'Once you know that it is not among your tickets, you can put the text back into the form.',
      cancelled: 'It was never delivered to Moov, and its text has been erased from the portal.',
    },
    subject: 'Title',
    filedBy: 'Filed by',
    account: 'For',
    since: 'Submitted',
    attempts: 'Attempts so far',
    next: 'Next attempt',
    nextUnderWay: 'under way',
    why: 'Why it waits',
    reasons: {
      'rate-limited': 'Moov is taking no more requests for the moment.',
      unavailable: 'Moov could not take it at the time.',
      timeout: 'Moov did not answer in time.',
      broken: 'The connection to Moov broke.',
      unauthorized: 'Moov does not accept the portal’s key at the moment. Our operators have been alerted.',
      unreadable: 'Moov’s answer could not be read; we are checking whether the ticket is there.',
      'circuit-open': 'Moov is known to be away at the moment.',
      interrupted: 'The delivery was interrupted on our side.',
    } satisfies Record<WaitingReason, string>,
    cancel: 'Cancel ticket',
    cancelConfirm: 'Cancel the ticket',
    cancelTitle: 'Cancel this ticket?',
    cancelDetail:
      'It is not delivered, and the portal erases its text. In the browser in which it was filed, the text can be put back into the form afterwards.',
    keep: 'Keep it',
    notCancellable: 'It may have arrived at Moov already, so it cannot be cancelled any more.',
    cancelFailed: 'It could not be cancelled.',
    dismiss: 'Remove from the list',
    restore: 'Put the text back into the form',
    notRestored: {
      missing:
        'You have no copy of the text on this device. It may still be in the browser of whoever filed the ticket.',
      already: 'The text is back in the form already, as a draft.',
      unread:
        'This device does not tell just now what it keeps, so the text cannot be put back yet. Try again in a moment.',
      full: 'This device keeps nothing more just now, so the copy of the text stays as it is. Make room, then try again.',
    },
    fields: 'What Moov says about each field',
    /** in the order of the form, in which they are shown */
    fieldNames: formWords.labels as Readonly<Record<string, string>>,
  },
} as const;
