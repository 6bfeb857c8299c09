// @vitest-environment happy-dom
import { notifyManager, QueryClient } from '@tanstack/react-query';
import { act } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Message } from '../../contract/message.ts';
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
  unmount = await mount(client, <Conversation accountID="a" ticket={ticket} />);
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
