// @vitest-environment happy-dom
import { notifyManager, QueryClient, useQuery } from '@tanstack/react-query';
import { act, useRef } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Session } from '../../contract/session.ts';
import type { Ticket } from '../../contract/ticket.ts';
import { sessionQuery } from '../api/session.ts';
import { Announcer, announce } from '../layout/announcer.tsx';
import { eventually } from '../testing/eventually.ts';
import { mount } from '../testing/mount.tsx';
import { TicketActions } from './ticket-page-actions.tsx';
import { RefusedClosings } from './ticket-page-refused.tsx';
import { putTicket, ticketKey, ticketKnown, ticketQuery } from './ticket-queries.ts';

const ticket: Ticket = {
  ticketID: 't1',
  number: 1,
  title: 'Payout has not arrived',
  contact: { email: 'mel@example.com' },
  status: 'in-progress',
  createdOn: '2026-11-23T12:00:00Z',
  updatedOn: '2026-11-23T12:00:00Z',
  foreignID: 'ORD-77',
};
const refused = { type: '/problems/conflict', title: 'Not now', status: 409, detail: 'It is locked.', requestID: 'r' };

let unmount: () => Promise<void>;
let client: QueryClient;
let patched: (response: Response) => void;
let now: Ticket;

function Page() {
  const { data = ticket } = useQuery({ ...ticketQuery(client, 'a', 't1'), enabled: false });
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {data.title}
      </h1>
      <TicketActions accountID="a" ticket={data} heading={heading} />
    </>
  );
}
const text = () => document.body.textContent ?? '';
const press = async (name: string, within: ParentNode = document) => {
  const found = [...within.querySelectorAll('button')].find((each) => each.textContent === name);
  if (found === undefined) throw new Error(`no button ${name}`);
  await act(async () => found.click());
};
const close = async () => {
  await press('Close ticket');
  await press('Close ticket', document.querySelector('dialog') ?? document);
};
/** Answers the closing, and waits until nothing more comes of it. */
const answer = async (body: unknown, status: number) => {
  await act(async () => patched(Response.json(body, { status })));
  await act(async () => eventually(() => expect(client.isMutating()).toBe(0)));
};

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  // By default react-query notifies components by a timer, and so after `isMutating` has changed and `act` has ended.
  notifyManager.setScheduler(queueMicrotask);
  now = ticket;
  vi.stubGlobal('fetch', (_path: string, { method }: RequestInit) =>
    method === 'PATCH'
      ? new Promise<Response>((resolve) => {
          patched = resolve;
        })
      : Promise.resolve(Response.json(now)),
  );
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(ticketQuery(client, 'a', 't1').queryKey, ticket);
  unmount = await mount(client, <Page />);
});
afterEach(async () => {
  await unmount();
  vi.unstubAllGlobals();
});

test('closing asks once, and “Keep it open” sends nothing', async () => {
  await press('Close ticket');
  expect(text()).toContain('Close this ticket?');
  await press('Keep it open');
  expect(client.isMutating()).toBe(0);
});

test('the ticket shows closed before the answer is there, and offers a follow-up that carries it over', async () => {
  await close();
  expect(client.isMutating({ mutationKey: ticketKey('a', 't1') }), 'live news leave it as it is').toBe(1);
  const followUp = document.querySelector('a[href*="/new?"]');
  expect(followUp?.textContent).toBe('File a follow-up');
  expect(Object.fromEntries(new URL(followUp?.getAttribute('href') ?? '', 'http://x').searchParams)).toEqual({
    title: 'Follow-up: Payout has not arrived',
    email: 'mel@example.com',
    foreignID: 'ORD-77',
  });
  await answer({ ...ticket, status: 'closed' }, 200);
  expect(text()).toContain('File a follow-up');
});

test('a refusal takes it back and says why', async () => {
  await close();
  await answer(refused, 409);
  expect(text()).toContain('It is locked.');
  expect(text()).toContain('Close ticket');
  expect(text()).not.toContain('File a follow-up');
});

test('a ticket that somebody else has closed meanwhile is closed, without an error', async () => {
  await close();
  now = { ...ticket, status: 'closed', closedOn: '2026-11-23T11:00:00Z' };
  await answer(refused, 409);
  expect(text()).toContain('File a follow-up');
  expect(text()).not.toContain('It is locked.');
});

test('what is told of the ticket while it is being closed stays when that fails', async () => {
  await close();
  await act(async () => putTicket(client, 'a', { ...ticket, status: 'on-hold', updatedOn: '2026-11-23T13:00:00Z' }));
  await answer(refused, 409);
  expect(text()).toContain('It is locked.');
  expect(ticketKnown(client, 'a', 't1')?.status).toBe('on-hold');
});

test('a ticket that is told to be closed stays closed, though nothing but that answers the closing', async () => {
  await close();
  await act(async () => putTicket(client, 'a', { ...ticket, status: 'closed', updatedOn: '2026-11-23T13:00:00Z' }));
  await answer(refused, 409);
  expect(text()).toContain('File a follow-up');
  expect(text()).not.toContain('It is locked.');
});

test('a closing that ends after somebody else has signed in neither shows nor tells them anything of the ticket', async () => {
  await close();
  client.removeQueries();
  await unmount();
  announce('');
  unmount = await mount(client, <Announcer />);
  await answer({ ...ticket, status: 'closed' }, 200);
  expect(ticketKnown(client, 'a', 't1')).toBeUndefined();
  expect(text()).not.toContain('The ticket is closed.');
});

test('a closing that fails after somebody else has signed in is not told to them', async () => {
  await close();
  client.removeQueries();
  await unmount();
  await answer(refused, 409);
  unmount = await mount(client, <RefusedClosings accountID="a" />);
  expect(text()).not.toContain('could not be closed');
});

test('a closing that fails after its page was left is told on another page, but not to who signs in after that', async () => {
  const signIn = (id: string) => {
    const user = { id, name: id, role: 'merchant' } as const;
    const session: Session = { user, newsAfter: 0, idleEndsOn: ticket.createdOn, endsOn: ticket.createdOn };
    client.setQueryData(sessionQuery.queryKey, () => ({ state: 'signed-in' as const, session }));
  };
  signIn('mel');
  await unmount();
  unmount = await mount(client, <Page />);
  await close();
  await unmount();
  await answer(refused, 409);
  unmount = await mount(client, <RefusedClosings accountID="a" />);
  expect(text()).toContain('“Payout has not arrived” could not be closed');
  await act(async () => signIn('pat'));
  await act(async () => eventually(() => expect(text()).not.toContain('Payout has not arrived')));
});

test('a ticket that support closes while one is asked takes the question away, and the focus goes to the heading', async () => {
  await press('Close ticket');
  document.querySelector<HTMLElement>('dialog button')?.focus();
  await act(async () => putTicket(client, 'a', { ...ticket, status: 'closed' }));
  await act(async () => eventually(() => expect(text()).toContain('File a follow-up')));
  expect(document.querySelector('dialog')).toBeNull();
  expect(document.activeElement?.tagName).toBe('H1');
  await act(async () => putTicket(client, 'a', ticket));
  await act(async () => eventually(() => expect(text()).not.toContain('File a follow-up')));
  expect(document.querySelector('dialog')?.open, 'nor does it come back by itself').toBe(false);
});
