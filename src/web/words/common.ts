/** Words that more than one folder uses. */
export const commonWords = {
  product: 'Support portal',
  tryAgain: 'Try again',
  loading: 'Loading…',
  copied: 'Copied',
  signIn: 'Sign in',
  signOut: 'Sign out',
  newTicket: 'New ticket',
  allTickets: 'All tickets',

  /** Problems that arise in the browser itself, by the last part of their type (`localProblem` in api/request.ts). */
  localProblems: {
    offline: {
      title: 'The portal cannot be reached',
      detail: 'Check your internet connection, then try again. Nothing you entered is lost.',
    },
    timeout: {
      title: 'This is taking too long',
      detail: 'No answer came in time. Try again; nothing you entered is lost.',
    },
    unreadable: {
      title: 'The answer could not be read',
      detail: 'The portal answered with something unexpected. Try again.',
    },
    aborted: { title: 'Stopped', detail: 'The request was stopped before an answer came.' },
  },
  crash: {
    title: 'Something went wrong on this page',
    detail: 'This is a fault of the portal, not of anything you did.',
  },
} as const;
