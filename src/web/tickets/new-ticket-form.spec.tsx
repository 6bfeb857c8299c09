// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, hydrateRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page as paths } from '../../contract/paths.ts';
import { newTicketFields } from '../../contract/ticket.ts';
import { eventually } from '../testing/eventually.ts';
import { fakeDevice } from '../testing/fake-device.ts';
import { filingWords } from '../words/filing.ts';
import { formWords } from '../words/form.ts';
import { restoreSent, wipeDrafts } from './draft.ts';
import type { Draft, DraftFields } from './draft-record.ts';
import { openTab } from './draft-tab.ts';
import { NewTicketForm } from './new-ticket-form.tsx';
import { controlID } from './new-ticket-ids.ts';

const accountID = '4af4784a-c777-48f6-8211-063d5341f84b';
const session = {
  user: { id: 'mel', name: 'Mel Roberts', email: 'mel@gym.example', role: 'merchant' as const },
  account: { accountID, displayName: 'Whole Body Fitness' },
  idleEndsOn: '2030-01-01T00:00:00Z',
  newsAfter: 0,
  endsOn: '2030-01-01T00:00:00Z',
};
const page = (
  known: typeof session | undefined,
  { asking = known === undefined, signedOut = false }: { asking?: boolean; signedOut?: boolean } = {},
) => (
  <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
    <NewTicketForm
      accountID={accountID}
      userID={known?.user.id}
      session={known}
      asking={asking}
      signedOut={signedOut}
      onTaken={() => undefined}
    />
  </QueryClientProvider>
);

/** Types into an input in the way in which React notices it: by the native setter and an `input` event. */
const type = (input: Element | null, value: string) => {
  if (!(input instanceof HTMLInputElement)) throw new Error('there is no such input');
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, value);
  input.dispatchEvent(new Event('input', { bubbles: true }));
};
const control = (path: string) => document.getElementById(controlID(path));
const entered = (path: string) => {
  const input = control(path);
  return input instanceof HTMLInputElement ? input.value : input?.textContent;
};
const sentenceOf = (path: string) =>
  (control(path)?.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .filter((id) => id.endsWith('-error'))
    .map((id) => document.getElementById(id)?.textContent)
    .join();
const submit = () => act(async () => document.querySelector('form')?.requestSubmit());

let root: Root;
let place: HTMLElement;
/** the answers to submissions, in order; no other request is answered */
const answers: (Response | Promise<Response>)[] = [];
const fetched = vi.fn(
  async (...[, request]: Parameters<typeof fetch>) =>
    (request?.method === 'POST' ? answers.shift() : undefined) ?? Response.error(),
);

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  vi.stubGlobal('fetch', fetched);
  fetched.mockClear();
  sessionStorage.clear();
  history.replaceState(null, '', '/');
  place = document.createElement('div');
  document.body.append(place);
});
afterEach(async () => {
  await act(async () => root.unmount());
  place.remove();
  vi.unstubAllGlobals();
});
/** Waits until the form's program is loaded. */
const programIsThere = () => act(() => vi.dynamicImportSettled());
const open = async (known: typeof session | 'not known yet' = session) => {
  await act(async () => {
    root = createRoot(place);
    root.render(page(known === 'not known yet' ? undefined : known));
  });
  await programIsThere();
};

const write = () =>
  act(async () => {
    type(control('title'), 'Payout missing');
    const message = control('body');
    if (message === null) throw new Error('there is no message');
    message.textContent = 'It was due on Monday.';
    message.dispatchEvent(new Event('input', { bubbles: true }));
  });
const refusal = (fields: Record<string, string>) =>
  new Response(
    JSON.stringify({
      type: '/problems/invalid',
      title: 'Some fields need attention',
      status: 422,
      detail: 'Moov did not accept it.',
      requestID: 'request-1',
      upstreamRequestID: 'moov-1',
      fields,
    }),
    { status: 422, headers: { 'content-type': 'application/problem+json' } },
  );

test('its inputs are exactly the fields that the API can find fault with, and each shows the API’s own sentence', async () => {
  await open();
  const inputs = [...document.querySelectorAll('form input, form [role=textbox], form select, form textarea')];
  expect(inputs.map(({ id }) => id).sort()).toEqual(newTicketFields.map(controlID).sort());

  await write();
  answers.push(refusal(Object.fromEntries(newTicketFields.map((path) => [path, `Moov about ${path}.`]))));
  await submit();
  await eventually(() => expect(document.querySelector('[role=alert]')).not.toBeNull());
  // On blur the editor reports its message once more. This is not a correction, so the errors must stay.
  await act(async () => control('body')?.dispatchEvent(new FocusEvent('focusout', { bubbles: true })));
  for (const path of newTicketFields) {
    expect(sentenceOf(path), path).toBe(`Moov about ${path}.`);
    expect(control(path)?.getAttribute('aria-invalid'), path).toBe('true');
  }
  expect(document.querySelectorAll('[role=alert] a')).toHaveLength(newTicketFields.length);
  expect(document.querySelector('details')?.open, 'the hidden inputs are shown').toBe(true);
  expect(document.activeElement, 'the summary has the focus').toBe(document.querySelector('[role=alert]'));
});

test('whoever is signed out is told too which field is missing when they submit, but not before', async () => {
  await open();
  await submit();
  await eventually(() => expect(sentenceOf('title')).not.toBe(''));
  const title = control('title');
  title?.focus();
  await act(async () => root.render(page(session, { asking: false, signedOut: true })));
  const summary = () => document.querySelector('[role=alert]');
  expect(summary()?.textContent).toContain(filingWords.signedOut.title);
  expect(document.activeElement, 'the end of the session takes no keys').toBe(title);

  await act(async () => type(title, 'Payout missing'));
  await submit();
  await eventually(() => expect(document.activeElement, 'the summary has the focus').toBe(summary()));
  expect(summary()?.textContent).toContain(filingWords.signedOut.title);
  expect([...document.querySelectorAll('[role=alert] li a')].map((link) => link.getAttribute('href'))).toEqual([
    `#${controlID('body')}`,
  ]);
});

test('Ctrl+Enter files from every input, but not while a word is being composed, and once however long it is held', async () => {
  await open();
  await write();
  const press = (path: string, { isComposing = false, repeat = false } = {}) =>
    act(async () => {
      const keyCode = isComposing ? 229 : 13;
      const init = { key: 'Enter', keyCode, ctrlKey: true, bubbles: true, cancelable: true, isComposing, repeat };
      control(path)?.dispatchEvent(new KeyboardEvent('keydown', init));
    });
  /** Only one attempt runs at a time: if an earlier press had filed, the title of then would be sent before this one, or in its place. */
  const file = async (path: string, title: string) => {
    await act(async () => type(control('title'), title));
    answers.push(refusal({ title: 'Moov about title.' }));
    await press(path);
    await eventually(() => expect(sentenceOf('title')).toBe('Moov about title.'));
  };
  // Before the first answer it is not certain that a press would file.
  await file('title', 'Payout missing');
  for (const path of ['title', 'body']) {
    await press(path, { isComposing: true });
    await press(path, { repeat: true });
    await file(path, `Payout missing, from ${path}`);
  }
  const sent = fetched.mock.calls.flatMap(([, request]) => (request?.method === 'POST' ? [String(request.body)] : []));
  expect(sent.map((body) => JSON.parse(body))).toMatchObject([
    { title: 'Payout missing' },
    { title: 'Payout missing, from title' },
    { title: 'Payout missing, from body' },
  ]);
});

test('that somebody else has signed in since is said, where that is why nothing was filed', async () => {
  await open();
  await write();
  const problem = { title: 'Somebody else has signed in', detail: 'Sign in as yourself.', requestID: 'request-1' };
  answers.push(Response.json({ ...problem, type: '/problems/somebody-else-signed-in', status: 401 }, { status: 401 }));
  await act(async () =>
    root.render(
      <QueryClientProvider client={new QueryClient()}>
        <NewTicketForm
          accountID={accountID}
          userID="mel"
          session={undefined}
          asking={false}
          signedOut={true}
          onTaken={() => undefined}
        />
      </QueryClientProvider>,
    ),
  );
  await submit();
  await act(async () => eventually(() => expect(answers).toEqual([])));
  await act(() => vi.dynamicImportSettled());
  const said = document.querySelector('[role=alert]')?.textContent;
  expect(said).toContain(problem.title);
  expect(said).toContain(problem.detail);
  expect(entered('title')).toBe('Payout missing');
});

test('correcting a field clears its error and leaves the others', async () => {
  await open();
  await write();
  answers.push(refusal({ title: 'Too vague.', author: 'Not known.' }));
  await submit();
  await eventually(() => expect(sentenceOf('title')).toBe('Too vague.'));
  await act(async () => type(control('title'), 'Payout of 12 May missing'));
  expect(sentenceOf('title')).toBe('');
  expect(control('title')?.hasAttribute('aria-invalid')).toBe(false);
  expect(sentenceOf('author')).toBe('Not known.');
  expect(document.querySelectorAll('[role=alert] a')).toHaveLength(1);
});

test('what is missing is said without asking the server, and nothing typed is lost', async () => {
  await open();
  await act(async () => type(control('contact.email'), 'nonsense'));
  await submit();
  await eventually(() => expect(sentenceOf('title')).toMatch(/^Enter a title/));
  expect(sentenceOf('body')).toMatch(/^Enter a message/);
  expect(sentenceOf('contact.email')).toMatch(/complete email address/);
  expect(entered('contact.email')).toBe('nonsense');
  expect(fetched).not.toHaveBeenCalledWith(expect.anything(), expect.objectContaining({ method: 'POST' }));
});

test('the way from the summary to a field leads there also when its section was closed since', async () => {
  await open();
  await write();
  answers.push(refusal({ author: 'Not known.' }));
  await submit();
  await eventually(() => expect(sentenceOf('author')).toBe('Not known.'));
  const section = control('author')?.closest('details');
  if (!section) throw new Error('there is no section');
  const toggle = () => act(async () => section.dispatchEvent(new Event('toggle')));
  section.open = false;
  await toggle();
  await act(async () => document.querySelector<HTMLElement>('[role=alert] a')?.click());
  await toggle();
  expect(section.open).toBe(true);
  expect(document.activeElement).toBe(control('author'));
});

test('a fault that comes back while a field is corrected takes no key from the person who types there', async () => {
  await open();
  await write();
  await act(async () => type(control('title'), ''));
  await submit();
  await eventually(() => expect(sentenceOf('title')).toMatch(/^Enter a title/));
  control('title')?.focus();
  await act(async () => type(control('title'), 'P'));
  expect(document.querySelector('[role=alert]')).toBeNull();
  await act(async () => type(control('title'), ''));
  expect(document.querySelectorAll('[role=alert] a')).toHaveLength(1);
  expect(document.activeElement).toBe(control('title'));
});

test('the contact comes with the session, where the person has not written anything', async () => {
  await open('not known yet');
  await act(async () => type(control('contact.name'), 'Front desk'));
  await act(async () => root.render(page(session)));
  expect(entered('contact.email')).toBe('mel@gym.example');
  expect(entered('contact.name')).toBe('Front desk');
});

test('what was typed before React was there is kept and counts', async () => {
  place.innerHTML = renderToString(page(undefined));
  const title = control('title');
  if (!(title instanceof HTMLInputElement)) throw new Error('there is no title');
  title.value = 'Typed early';
  await act(async () => {
    root = hydrateRoot(place, page(undefined), {
      onRecoverableError: (error) => {
        throw error;
      },
    });
  });
  expect(entered('title')).toBe('Typed early');
  await programIsThere();
  await act(async () => root.render(page(session)));
  expect(entered('title')).toBe('Typed early');
  await submit();
  await eventually(() => expect(sentenceOf('body')).toMatch(/^Enter a message/));
  expect(sentenceOf('title')).toBe('');
});

test('submitting before the program is there counts as soon as it is', async () => {
  await act(async () => {
    root = createRoot(place);
    root.render(page(session));
    await Promise.resolve();
  });
  document.querySelector('form')?.requestSubmit();
  await programIsThere();
  await eventually(() => expect(sentenceOf('title')).toMatch(/^Enter a title/));
});

test('what a link has filled in is not sent by a press before it was there to be seen', async () => {
  history.replaceState(null, '', '?email=elsewhere@example.com');
  await open('not known yet');
  await eventually(() => expect(entered('contact.email')).toBe('elsewhere@example.com'));
  await write();
  await submit();
  expect(document.querySelector('button[type=submit]')?.getAttribute('aria-busy')).toBe('true');
  await act(async () => root.render(page(session)));
  await eventually(() => expect(document.querySelector('button[type=submit]')?.hasAttribute('aria-busy')).toBe(false));
  expect(fetched).not.toHaveBeenCalledWith(expect.anything(), expect.objectContaining({ method: 'POST' }));
  expect(place.textContent).toContain(filingWords.prefill.title);
});

const draftOf = (fields: DraftFields): Draft => ({
  draftID: 'found',
  userID: 'mel',
  accountID,
  idempotencyKey: 'key of the one that was found',
  attempted: false,
  fields,
  prefill: {},
  savedOn: '2026-05-12T10:00:00.000Z',
});
const keep = (draft: Draft) => {
  openTab().stash(draft);
  openTab().remember(draft, draft.draftID);
};
const keysSent = () =>
  fetched.mock.calls.flatMap(([, sent]) =>
    sent?.method === 'POST' ? [new Headers(sent.headers).get('idempotency-key')] : [],
  );
/** An answer that leaves open what has become of the ticket. */
const garbled = () => new Response('<html>', { status: 200 });
const problem = (status: number, kind: string) =>
  Response.json({ type: `/problems/${kind}`, title: 'No', status, detail: 'No.', requestID: 'r' }, { status });

test('what was typed and erased again before a draft was found erases nothing of that', async () => {
  keep(draftOf({ title: 'Payout missing' }));
  await open('not known yet');
  await act(async () => type(control('title'), 'x'));
  await act(async () => type(control('title'), ''));
  await act(async () => root.render(page(session)));
  await eventually(() => expect(entered('title')).toBe('Payout missing'));
});

test('what was typed while the device was searched is kept, though nothing is typed after that', async () => {
  await open('not known yet');
  await act(async () => {
    // The search begins here, and ends only when this function has returned.
    flushSync(() => root.render(page(session)));
    type(control('title'), 'Payout missing');
  });
  await eventually(() =>
    expect(openTab().stashed()).toEqual([expect.objectContaining({ fields: { title: 'Payout missing' } })]),
  );
});

test.each([
  ['a refusal by Moov is another ticket', [() => refusal({ title: 'Too vague.' })], 2],
  ['a refusal by the portal is another ticket', [() => problem(404, 'not-found')], 2],
  ['a fault of the portal is the same ticket', [() => problem(500, 'internal')], 1],
  ['a fault and a refusal by the portal is the same ticket', [() => problem(503, 'x'), () => problem(404, 'y')], 1],
  [
    'a fault and two refusals by the portal is the same ticket',
    [() => problem(503, 'x'), () => problem(404, 'y'), () => problem(404, 'y')],
    1,
  ],
  ['a fault and a refusal by Moov is another ticket', [() => problem(503, 'x'), () => refusal({ title: 'No.' })], 2],
  ['two refusals by the portal is another ticket', [() => problem(404, 'x'), () => problem(404, 'y')], 3],
  ['a key that was used for another text is the same ticket', [() => problem(422, 'idempotency-key-reused')], 1],
  [
    'a key that was used for another text and a refusal by the portal is the same ticket',
    [() => problem(422, 'idempotency-key-reused'), () => problem(404, 'y')],
    1,
  ],
])('what is submitted after %s', async (_, before, keys) => {
  await open();
  await write();
  for (const [index, make] of [...before, () => problem(500, 'internal')].entries()) {
    answers.push(make());
    await submit();
    await eventually(() => expect(keysSent()).toHaveLength(index + 1));
    await eventually(() =>
      expect(document.querySelector('button[type=submit]')?.hasAttribute('aria-busy')).toBe(false),
    );
  }
  expect(new Set(keysSent()).size).toBe(keys);
});

/** A device that refuses the first request at once, and all others only when the returned function is called. */
function slowDevice(): () => void {
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  let asked = Promise.resolve();
  vi.stubGlobal('indexedDB', {
    open() {
      const opening: { error: Error; onerror?: () => void } = { error: new Error('refused') };
      void asked.then(() => opening.onerror?.());
      asked = answered;
      return opening;
    },
  });
  return () => answer();
}

test.each([
  ['has another draft', draftOf({ author: 'M. Roberts' })],
  ['has nothing', undefined],
])(
  'a ticket that was sent before the device had looked for drafts stays one ticket, though the device %s',
  async (_, other) => {
    const answer = slowDevice();
    if (other !== undefined) keep(other);
    await open('not known yet');
    await write();
    await act(async () => root.render(page(session)));
    answers.push(garbled(), problem(404, 'not-found'));
    await submit();
    await eventually(() => expect(keysSent()).toHaveLength(1));
    await act(async () => answer());
    await eventually(() => expect(keysSent()).toHaveLength(2));
    await eventually(() =>
      expect(document.querySelector('button[type=submit]')?.hasAttribute('aria-busy')).toBe(false),
    );
    await submit();
    await eventually(() => expect(keysSent()).toHaveLength(3));
    expect(new Set(keysSent()).size).toBe(1);
    expect(entered('title')).toBe('Payout missing');
    if (other !== undefined) expect(openTab().stashed()).toContainEqual(other);
  },
);

test('what is submitted before it is known who writes waits for the draft that the device has, which is then to be read first', async () => {
  keep(draftOf({ author: 'M. Roberts' }));
  await open('not known yet');
  await write();
  await submit();
  await act(async () => root.render(page(session)));
  await eventually(() => expect(entered('author')).toBe('M. Roberts'));
  await eventually(() => expect(place.textContent).toContain(formWords.heldBack));
  expect(keysSent()).toEqual([]);
});

test('a ticket that waits for the network is not sent by itself with a draft that is found meanwhile', async () => {
  const answer = slowDevice();
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  keep(draftOf({ author: 'M. Roberts' }));
  await open('not known yet');
  await write();
  await act(async () => root.render(page(session)));
  await submit();
  await eventually(() => expect(place.textContent).toContain(filingWords.waits));
  await act(async () => answer());
  await eventually(() => expect(entered('author')).toBe('M. Roberts'));
  await eventually(() => expect(place.textContent).toContain(filingWords.waiting.held.title));
  online.mockRestore();
  expect(keysSent()).toEqual([]);
});

/** Presses a button, and waits for what is loaded because of that. */
const press = async (name: string) => {
  const button = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === name);
  if (button === undefined) throw new Error(`there is no button “${name}”`);
  await act(async () => button.click());
  await act(() => vi.dynamicImportSettled());
};

test('a ticket that waits for the network and is discarded does not wait any more', async () => {
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  keep(draftOf({ author: 'M. Roberts' }));
  await open();
  await eventually(() => expect(entered('author')).toBe('M. Roberts'));
  await write();
  await submit();
  await eventually(() => expect(place.textContent).toContain(filingWords.waiting.stop));
  await eventually(() => press(filingWords.draft.discard));
  await eventually(() => expect(place.textContent).toContain(filingWords.draft.discarded));
  expect(place.textContent).not.toContain(filingWords.waiting.stop);
  expect(place.textContent).not.toContain(filingWords.waits);
  online.mockRestore();
  expect(keysSent()).toEqual([]);
});

test('a ticket that waits for the network and is changed is not sent by itself any more', async () => {
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  await open();
  await write();
  await submit();
  await eventually(() => expect(place.textContent).toContain(filingWords.waits));
  await act(async () => type(control('title'), 'Payout missing since'));
  expect(place.textContent).toContain(filingWords.waiting.held.title);
  expect(place.textContent).not.toContain(filingWords.waits);
  online.mockRestore();
  expect(keysSent()).toEqual([]);
});

const why = 'We take no tickets about this.';
const refusedLater = {
  type: '/problems/refused',
  title: 'Moov did not accept it',
  status: 400,
  detail: why,
  requestID: 'r',
};

test('why Moov has refused a kept ticket is read first when its text is back, and is gone when that is discarded', async () => {
  keep({ ...draftOf({ title: 'Payout missing' }), problem: refusedLater });
  await open();
  await eventually(() => expect(document.querySelector('[role=alert]')?.textContent).toContain(why));
  expect(entered('title')).toBe('Payout missing');
  expect(document.activeElement).toBe(document.querySelector('[role=alert]'));
  await press(filingWords.draft.discard);
  await eventually(() => expect(place.textContent).toContain(filingWords.draft.discarded));
  expect(place.textContent).not.toContain(why);
});

test('correcting a field takes away what Moov has said about it when it refused the kept ticket', async () => {
  keep({
    ...draftOf({ title: 'Payout missing' }),
    problem: { ...refusedLater, fields: { title: 'Too vague.', author: 'Not known.' } },
  });
  await open();
  await eventually(() => expect(sentenceOf('title')).toBe('Too vague.'));
  await act(async () => type(control('title'), 'Payout of 12 May missing'));
  expect(sentenceOf('title')).toBe('');
  expect(sentenceOf('author')).toBe('Not known.');
});

const filed = {
  ticketID: '8f14e45f-ceea-467f-9575-2d8c3b4a5f6e',
  number: 17,
  title: 'Payout missing',
  contact: { email: 'mel@gym.example' },
  status: 'new',
  createdOn: '2026-05-12T10:00:00Z',
  updatedOn: '2026-05-12T10:00:00Z',
};

test('a device that never answers keeps nobody from filing, and what is typed after the answer is kept as a draft of its own', async () => {
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  await open();
  await write();
  answers.push(new Response(JSON.stringify(filed), { status: 201, headers: { 'content-type': 'application/json' } }));
  await submit();
  await eventually(() =>
    expect([...document.querySelectorAll('[role=status]')].map(({ textContent }) => textContent)).toContain(
      filingWords.filed,
    ),
  );
  await act(async () => type(control('title'), 'Payout missing, and a refund'));
  await act(async () => dispatchEvent(new Event('pagehide')));
  const [kept] = openTab().stashed();
  expect(kept?.fields.title).toBe('Payout missing, and a refund');
  expect(kept?.attempted).toBe(false);
  const [, sent] = fetched.mock.calls.find(([, request]) => request?.method === 'POST') ?? [];
  expect(kept?.idempotencyKey).not.toBe(new Headers(sent?.headers).get('idempotency-key'));
  await eventually(() => expect(location.pathname).toBe(paths.ticket(accountID, filed.ticketID)));
});

const submissionID = 'c9f0f895-fb98-4b91-9d5a-4b1a7ee2d1c3';
const waiting = {
  submissionID,
  accountID,
  state: 'queued',
  title: 'Payout missing',
  requestID: 'request-1',
  filedBy: 'Mel Roberts',
  createdOn: '2026-05-12T10:00:00Z',
  updatedOn: '2026-05-12T10:00:00Z',
  attempts: 1,
  cancellable: true,
};
const keptForLater = () => Response.json(waiting, { status: 202 });
const copies = () =>
  openTab()
    .stashed()
    .filter((kept) => kept.submissionID === submissionID);
const isSent = () => eventually(() => expect(location.pathname).toBe(paths.submission(accountID, submissionID)));

test('the copy of a ticket that was accepted before the device had answered is the person’s own', async () => {
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  await open();
  await write();
  answers.push(keptForLater());
  await submit();
  await isSent();
  expect(copies()).toEqual([expect.objectContaining({ userID: 'mel' })]);
});

test('the text of a ticket that was accepted before it was known who writes can be had back', async () => {
  fakeDevice(new Map(), { answers: 'at once' });
  await act(async () => {
    root = createRoot(place);
    root.render(page(undefined, { asking: false }));
  });
  await programIsThere();
  await act(async () => type(control('contact.email'), 'mel@gym.example'));
  await write();
  answers.push(keptForLater());
  await submit();
  await isSent();
  expect(await restoreSent(submissionID, 'mel')).toBe('restored');
});

test('of a ticket that is on its way while the person signs out and has everything deleted, nothing is kept', async () => {
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  await open();
  await write();
  const { promise: answer, resolve } = Promise.withResolvers<Response>();
  answers.push(answer);
  await submit();
  await eventually(() => expect(keysSent()).toHaveLength(1));
  await act(() => wipeDrafts('mel'));
  await act(async () => resolve(keptForLater()));
  await isSent();
  expect(copies()).toEqual([]);
});

test('what only the tab keeps, since the device does not answer, is never called saved', async () => {
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  await open();
  const said = new Set<string | null | undefined>();
  const status = () => [...document.querySelectorAll('form p[role=status]')].at(-1)?.textContent;
  await act(async () => type(control('title'), 'Payout missing'));
  await eventually(() => {
    said.add(status());
    expect([...said]).toContain(filingWords.draft.failed);
  });
  expect([...said]).not.toContain(filingWords.draft.saved);
  expect(openTab().stashed()).toEqual([expect.objectContaining({ fields: { title: 'Payout missing' } })]);
});

test('that the device does not answer when it is asked for drafts is said above the form, and nothing before that', async () => {
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  const said = new Set<string>();
  const observer = new MutationObserver(() => {
    for (const { textContent } of place.querySelectorAll('[role=status] > p')) said.add(textContent);
  });
  observer.observe(place, { subtree: true, childList: true, characterData: true });
  await open();
  await eventually(() => expect([...said]).toEqual([filingWords.draft.silent]));
  observer.disconnect();
});
