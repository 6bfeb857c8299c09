// @vitest-environment happy-dom
import { notifyManager, QueryClient } from '@tanstack/react-query';
import { act } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Message } from '../../contract/message.ts';
import { Announcer } from '../layout/announcer.tsx';
import { mount } from '../testing/mount.tsx';
import { ticketOf } from '../testing/ticket.ts';
import { Conversation } from './ticket-page-conversation.tsx';
import { messagesQuery } from './ticket-queries.ts';

const sent = (author: string, body: string, sentOn = '2026-11-23T12:00:00Z'): Message => ({ author, body, sentOn });
const ticket = ticketOf(1);

let unmount: () => Promise<void>;
let client: QueryClient;
const put = (messages: Message[]) =>
  act(async () => client.setQueryData(messagesQuery('a', ticket.ticketID).queryKey, messages));

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  notifyManager.setScheduler(queueMicrotask);
  client = new QueryClient();
  await put([sent('Jordan', 'first'), sent('Jordan', 'second')]);
  unmount = await mount(
    client,
    <>
      <Conversation accountID="a" ticket={ticket} />
      <Announcer />
    </>,
  );
});
afterEach(async () => {
  await unmount();
  vi.unstubAllGlobals();
});

test('messages by one author of one moment stand once each and in order, also when others come among them', async () => {
  await act(() => vi.dynamicImportSettled());
  const shown = () =>
    [...document.querySelectorAll('ol > li')].map(({ textContent }) => /first|second|early/.exec(textContent)?.[0]);
  expect(shown()).toEqual(['first', 'second']);
  await put([sent('Mel', 'early', ''), sent('Jordan', 'second'), sent('Jordan', 'first')]);
  expect(shown()).toEqual(['early', 'second', 'first']);
});

test('a long conversation has a way to its newest message, a short one needs none', async () => {
  const way = () => document.querySelector<HTMLAnchorElement>('a[href^="#"]');
  expect(way()).toBeNull();
  await put(Array.from({ length: 6 }, (_, index) => sent('Jordan', `message ${index}`, `2026-11-23T12:0${index}:00Z`)));
  expect(way()?.textContent).toBe('To the newest of 6 messages');
  const newest = document.querySelector<HTMLElement>(way()?.hash ?? '');
  expect(newest).toBe(document.querySelector('ol > li:last-child'));
  newest?.focus();
  expect(document.activeElement, 'from where the keyboard goes on').toBe(newest);
});

test('messages that come together are all announced, and then only those that come next', async () => {
  const first = [sent('Jordan', 'first'), sent('Jordan', 'second')];
  const next = [...first, sent('Ada', 'third'), sent('Bo', 'fourth')];
  const announced = () => document.querySelector('[role="status"]:last-child')?.textContent;
  await put(next);
  expect(announced()).toBe('New message by Ada. New message by Bo.');
  await put([...next, sent('Cleo', 'fifth')]);
  expect(announced()).toBe('New message by Cleo.');
});
