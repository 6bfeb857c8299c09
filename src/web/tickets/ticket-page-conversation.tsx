import { useQuery } from '@tanstack/react-query';
import IconHeadset from 'lucide-react/icons/headset';
import IconUser from 'lucide-react/icons/user-round';
import { Suspense, useEffect, useRef, useState } from 'react';
import type { Message } from '../../contract/message.ts';
import type { Ticket } from '../../contract/ticket.ts';
import { problemOf } from '../api/request.ts';
import { announce } from '../layout/announcer.tsx';
import { ProblemNotice } from '../layout/problem-notice.tsx';
import { Badge } from '../ui/badge.tsx';
import { classes } from '../ui/classes.ts';
import { later } from '../ui/later.ts';
import { RelativeTime } from '../ui/relative-time.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { ticketWords } from '../words/tickets.ts';
import styles from './ticket-page.module.css';
import { messagesQuery } from './ticket-queries.ts';

const words = ticketWords.ticket;
const MessageHTML = later(async () => (await import('../composer/message-html.tsx')).MessageHTML);
// Every ticket has a message, so this is needed in any case.
MessageHTML.ahead();

/**
 * Whether a message is from the side that filed the ticket, and not from support. The API gives only the author's name. So the first
 * message counts as the filer's, and so does any message whose author has the same name, or the name or email address of the contact.
 */
const isFromFiler = (message: Message, messages: Message[], contact: Ticket['contact']): boolean =>
  message === messages[0] || [messages[0]?.author, contact.name, contact.email].includes(message.author);

/** A React key for each message. Messages have no id, so the key is made of time and author, and a number for those that share both. */
function keysOf(messages: Message[]): string[] {
  const times = new Map<string, number>();
  return messages.map(({ sentOn, author }) => {
    const key = `${sentOn} ${author}`;
    const time = times.get(key) ?? 0;
    times.set(key, time + 1);
    return `${time} ${key}`;
  });
}

/** With more messages than this, there is a link to the newest, which is far below. */
const fewMessages = 5;
const newestID = 'newest-message';

/** The messages of a ticket, the oldest first. Messages that arrive while the page is open are marked as new and announced. */
export function Conversation({ accountID, ticket }: { accountID: string; ticket: Ticket }) {
  const { data, error, isFetching, refetch } = useQuery(messagesQuery(accountID, ticket.ticketID));
  const firstSeen = useNewcomers(data);
  const keys = keysOf(data ?? []);

  return (
    <section aria-labelledby="conversation" className={styles.conversation}>
      <div className={styles.conversationHead}>
        <h2 id="conversation">{words.conversation}</h2>
        {data !== undefined && data.length > fewMessages && (
          <a href={`#${newestID}`} className={styles.toNewest}>
            {words.toNewest(data.length)}
          </a>
        )}
      </div>
      {data === undefined && error === null && (
        <Skeleton label={words.loadingMessages} lines={5} className={styles.loading} />
      )}
      {data === undefined && error !== null && (
        <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} busy={isFetching} />
      )}
      {data?.length === 0 && <p className={styles.quiet}>{words.noMessages}</p>}
      {data !== undefined && data.length > 0 && (
        <ol className={styles.messages}>
          {data.map((message, index) => {
            const filer = isFromFiler(message, data, ticket.contact);
            const Mark = filer ? IconUser : IconHeadset;
            return (
              <li
                key={keys[index]}
                className={classes(styles.message, !filer && styles.fromSupport)}
                // Focusable, so that a keyboard user who follows the link to the newest message goes on from there.
                {...(index === data.length - 1 && { id: newestID, tabIndex: -1 })}
              >
                <div className={styles.messageHead}>
                  <span className={styles.avatar}>
                    <Mark aria-hidden="true" />
                  </span>
                  {message.author !== '' && <span className={styles.author}>{message.author}</span>}
                  <span className={styles.role}>{filer ? words.customerSide : words.support}</span>
                  {index >= firstSeen && <Badge tone="info">{words.newMessage}</Badge>}
                  <RelativeTime date={message.sentOn} className={styles.sent} />
                </div>
                <Suspense fallback={<Skeleton label={words.loadingMessages} lines={3} />}>
                  <MessageHTML html={message.body} className={styles.body} />
                </Suspense>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}

/**
 * Announces each message that arrives after the messages were first shown.
 * @returns the index of the first new message; all before it are not new
 */
function useNewcomers(messages: Message[] | undefined): number {
  const count = messages?.length;
  const [first, setFirst] = useState(count);
  const told = useRef(first);
  if (first === undefined && count !== undefined) setFirst(count);
  useEffect(() => {
    if (messages === undefined) return;
    for (const { author } of messages.slice(told.current ?? messages.length))
      announce(words.newMessageAnnounced(author));
    told.current = messages.length;
  }, [messages]);
  return first ?? Number.POSITIVE_INFINITY;
}
