import { useQueryClient } from '@tanstack/react-query';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Link } from 'wouter';
import { page } from '../../contract/paths.ts';
import { ownReference, type Ticket } from '../../contract/ticket.ts';
import { Badge } from '../ui/badge.tsx';
import { classes } from '../ui/classes.ts';
import { RelativeTime } from '../ui/relative-time.tsx';
import { ticketWords } from '../words/tickets.ts';
import { TicketPage } from './later-pages.ts';
import { messagesQuery } from './ticket-queries.ts';
import { useUnread } from './ticket-queries-unread.ts';
import { isClosed, StatusBadge } from './ticket-status.tsx';
import { titleOf } from './ticket-title.ts';
import styles from './tickets-page.module.css';

/** Up to this number, all rows are in the page, so that “find in page” finds them. */
const allAtOnce = 100;
/** The estimated height of a row in px, on wide and on narrow screens. */
const rowHeight = { wide: 73, narrow: 97 };

type RowsProps = {
  accountID: string;
  tickets: Ticket[];
  /** there are more tickets that are not loaded yet, so their total number is not known */
  more: boolean;
  labelledBy: string;
};

/** A list of tickets. When there are many, only the rows near the visible part are in the page, except while it is printed. */
export function TicketRows({ accountID, tickets, more, labelledBy }: RowsProps) {
  const list = useRef<HTMLUListElement>(null);
  const unread = useUnread();
  const printing = usePrinting();
  const virtual = tickets.length > allAtOnce && !printing;
  const scrollMargin = useDistanceFromTop(list, virtual);
  const virtualizer = useWindowVirtualizer({
    count: tickets.length,
    enabled: virtual,
    estimateSize: () => (matchMedia('(width < 45em)').matches ? rowHeight.narrow : rowHeight.wide),
    getItemKey: (index) => tickets[index]?.ticketID ?? index,
    overscan: 12,
    scrollMargin,
  });

  const setSize = more ? -1 : tickets.length;
  if (!virtual) {
    return (
      <ul ref={list} className={styles.rows} aria-labelledby={labelledBy}>
        {tickets.map((ticket) => (
          <li key={ticket.ticketID} className={styles.row}>
            <TicketRow accountID={accountID} ticket={ticket} news={unread.has(ticket.ticketID)} />
          </li>
        ))}
      </ul>
    );
  }
  return (
    <ul
      ref={list}
      className={classes(styles.rows, styles.virtual)}
      aria-labelledby={labelledBy}
      style={{ blockSize: virtualizer.getTotalSize() }}
    >
      {virtualizer.getVirtualItems().map(({ index, key, start }) => {
        const ticket = tickets[index];
        return ticket === undefined ? null : (
          <li
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            aria-setsize={setSize}
            aria-posinset={index + 1}
            className={styles.row}
            style={{ transform: `translateY(${start - scrollMargin}px)` }}
          >
            <TicketRow accountID={accountID} ticket={ticket} news={unread.has(ticket.ticketID)} />
          </li>
        );
      })}
    </ul>
  );
}

let printing = false;
function subscribeToPrinting(changed: () => void): () => void {
  const note = ({ type }: Event) => {
    printing = type === 'beforeprint';
    changed();
  };
  addEventListener('beforeprint', note);
  addEventListener('afterprint', note);
  return () => {
    removeEventListener('beforeprint', note);
    removeEventListener('afterprint', note);
  };
}
/** Whether the page is being printed. React renders a change of an external store at once, and so before the browser prints. */
const usePrinting = (): boolean => useSyncExternalStore(subscribeToPrinting, () => printing);

/** The distance in px of a list from the top of the document, measured again when anything on the page changes its size. */
function useDistanceFromTop(list: React.RefObject<HTMLElement | null>, wanted: boolean): number {
  const [distance, setDistance] = useState(0);
  useLayoutEffect(() => {
    const element = list.current;
    if (!wanted || element === null) return;
    const measure = () => setDistance(Math.round(element.getBoundingClientRect().top + window.scrollY));
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    measure();
    return () => observer.disconnect();
  }, [list, wanted]);
  return distance;
}

/** How long the pointer must rest on a row before its conversation is read ahead of a click. */
const restMs = 80;

const TicketRow = memo(function TicketRow(props: { accountID: string; ticket: Ticket; news: boolean }) {
  const { accountID, ticket, news } = props;
  const client = useQueryClient();
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  const reference = ownReference(ticket);
  const words = ticketWords.list;

  const ahead = () => {
    clearTimeout(rest.current);
    rest.current = setTimeout(() => {
      TicketPage.ahead();
      void client.prefetchQuery(messagesQuery(accountID, ticket.ticketID));
    }, restMs);
  };

  return (
    <div
      className={classes(styles.ticket, isClosed(ticket) && styles.settled)}
      onPointerEnter={ahead}
      onPointerLeave={() => clearTimeout(rest.current)}
    >
      <Link href={page.ticket(accountID, ticket.ticketID)} className={styles.title} onFocus={ahead}>
        {titleOf(ticket)}
      </Link>
      <span className={styles.details}>
        <span>{ticketWords.number(ticket.number)}</span>
        {reference !== undefined && (
          <span className={styles.reference}>
            {words.reference} {reference}
          </span>
        )}
        <span className={styles.contact}>{ticket.contact.name || ticket.contact.email}</span>
      </span>
      <span className={styles.state}>
        {news && <Badge tone="info">{words.unread}</Badge>}
        <StatusBadge status={ticket.status} />
      </span>
      <span className={styles.when}>
        {words.updated} <RelativeTime date={ticket.latestMessageOn ?? ticket.updatedOn} />
      </span>
    </div>
  );
});
