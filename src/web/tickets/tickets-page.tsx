import { useQuery } from '@tanstack/react-query';
import IconInbox from 'lucide-react/icons/inbox';
import IconPlus from 'lucide-react/icons/plus';
import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';
import { page } from '../../contract/paths.ts';
import { type Ticket, ticketStatuses } from '../../contract/ticket.ts';
import { problemOf } from '../api/request.ts';
import { NotFoundPage } from '../layout/error-pages.tsx';
import { PageHeading } from '../layout/page-heading.tsx';
import { ProblemNotice } from '../layout/problem-notice.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { exactWords } from '../ui/exact-words.ts';
import { LinkButton } from '../ui/link-button.tsx';
import { dayWords } from '../ui/relative-time.tsx';
import { SearchBox } from '../ui/search-box.tsx';
import { useSearchText } from '../ui/search-text.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { commonWords } from '../words/common.ts';
import { ticketWords } from '../words/tickets.ts';
import { RefusedClosings } from './ticket-page-refused.tsx';
import { submissionsQuery } from './ticket-queries.ts';
import { isClosed, statusName } from './ticket-status.tsx';
import styles from './tickets-page.module.css';
import { UnsentDraft } from './tickets-page-draft.tsx';
import { TicketRows } from './tickets-page-rows.tsx';
import { type ListSearch, listSearchSchema, useTicketSearch } from './tickets-page-search.ts';
import { WaitingSubmissions } from './tickets-page-waiting.tsx';

const words = ticketWords.list;

/**
 * The page of an account's tickets: the draft, what waits for delivery, the open and the closed tickets. Filter and search are part of the
 * address.
 */
export function TicketsPage({ accountID }: { accountID: string }) {
  const search = listSearchSchema.parse(Object.fromEntries(new URLSearchParams(useSearch())));
  const { status, q = '' } = search;
  const { list, tickets, loaded, searching, searchFurther } = useTicketSearch(accountID, search);
  const { data: submissions } = useQuery(submissionsQuery(accountID));

  if (list.isError && list.data === undefined && problemOf(list.error).status === 404) return <NotFoundPage />;
  // A page may be empty and yet not the last one: then `Foot` reads on.
  const empty = list.isSuccess && tickets.length === 0 && !searching && (q !== '' || !list.hasNextPage);
  const nothingAtAll = empty && q === '' && status === undefined && (submissions?.items.length ?? 0) === 0;

  return (
    <>
      <div className={styles.top}>
        <PageHeading title={words.title} />
        <Link href={page.newTicket(accountID)} asChild>
          <LinkButton href={page.newTicket(accountID)} variant="primary">
            <IconPlus aria-hidden="true" />
            {commonWords.newTicket}
          </LinkButton>
        </Link>
      </div>
      <RefusedClosings accountID={accountID} className={styles.refused} />
      {!nothingAtAll && <Controls accountID={accountID} search={search} />}
      {status === undefined && q === '' && <UnsentDraft accountID={accountID} />}
      {status === undefined && <WaitingSubmissions accountID={accountID} query={q} />}
      {list.isPending && <Skeleton label={words.loading} lines={9} className={styles.loading} />}
      {list.isError && !list.isFetchNextPageError && (
        <ProblemNotice problem={problemOf(list.error)} onRetry={() => void list.refetch()} busy={list.isFetching}>
          {list.data !== undefined && <p>{words.asRead(exactWords(new Date(list.dataUpdatedAt)))}</p>}
        </ProblemNotice>
      )}
      {tickets.length > 0 && <Groups accountID={accountID} tickets={tickets} more={list.hasNextPage} search={search} />}
      {empty && <NoTickets accountID={accountID} search={search} />}
      {list.data !== undefined && !nothingAtAll && (
        <Foot
          list={list}
          loaded={loaded}
          found={tickets.length}
          query={q}
          searching={searching}
          searchFurther={searchFurther}
        />
      )}
    </>
  );
}

/** The search box and the filter. Both change the address, so that Back, reload and a copied link keep them. */
function Controls({ accountID, search }: { accountID: string; search: ListSearch }) {
  const { status, q = '' } = search;
  const [, navigate] = useLocation();
  const [text, setText] = useSearchText(q, (wanted) =>
    navigate(page.tickets(accountID, { ...(status !== undefined && { status }), q: wanted }), { replace: true }),
  );

  const filters = [undefined, ...ticketStatuses];
  return (
    <search className={styles.controls}>
      <SearchBox
        label={words.search}
        hint={words.searchHint}
        value={text}
        onChange={setText}
        className={styles.search}
      />
      <nav aria-label={words.filter} className={styles.filters}>
        {filters.map((each) => (
          <Link
            key={each ?? ''}
            href={page.tickets(accountID, { ...(each !== undefined && { status: each }), q })}
            className={styles.filter}
            aria-current={each === status ? 'true' : undefined}
          >
            {each === undefined ? words.all : statusName(each)}
          </Link>
        ))}
      </nav>
    </search>
  );
}

/** Without filter and search: the open tickets, then the closed ones. With either: one list. Each list has the newest first. */
function Groups(props: { accountID: string; tickets: Ticket[]; more: boolean; search: ListSearch }) {
  const { accountID, tickets, more, search } = props;
  const grouped = search.status === undefined && search.q === undefined;
  const groups = grouped
    ? [
        { name: words.openGroup, tickets: tickets.filter((ticket) => !isClosed(ticket)) },
        { name: words.closedGroup, tickets: tickets.filter(isClosed) },
      ]
    : [{ name: search.q === undefined ? statusName(search.status ?? '') : words.found, tickets }];
  return groups
    .filter((group) => group.tickets.length > 0)
    .map((group) => {
      const headingID = `group-${group.name}`.replaceAll(/\s+/g, '-');
      return (
        <section key={group.name} className={styles.group}>
          <h2 id={headingID} className={styles.groupTitle}>
            {group.name}
          </h2>
          <TicketRows accountID={accountID} tickets={group.tickets} more={more} labelledBy={headingID} />
        </section>
      );
    });
}

function NoTickets({ accountID, search: { status, q } }: { accountID: string; search: ListSearch }) {
  if (q !== undefined && q !== '') {
    const { title, titleWithin, detail, everywhere, clear } = words.emptySearch;
    return (
      <Empty title={status === undefined ? title(q) : titleWithin(q, statusName(status))}>
        <p>{detail}</p>
        <Link href={page.tickets(accountID, status === undefined ? {} : { q })}>
          {status === undefined ? clear : everywhere}
        </Link>
      </Empty>
    );
  }
  if (status !== undefined)
    return (
      <Empty title={words.emptyStatus.title(statusName(status))}>
        <Link href={page.tickets(accountID)}>{words.emptyStatus.all}</Link>
      </Empty>
    );
  return (
    <Empty mark={<IconInbox aria-hidden="true" />} title={words.empty.title}>
      <p>{words.empty.detail}</p>
    </Empty>
  );
}

type FootProps = {
  list: ReturnType<typeof useTicketSearch>['list'];
  loaded: Ticket[];
  found: number;
  query: string;
  searching: boolean;
  searchFurther: () => void;
};

/** Says how many tickets are shown, or how far back the search has read. Loads the next page when one scrolls here, or by a button. */
function Foot({ list, loaded, found, query, searching, searchFurther }: FootProps) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  const end = useRef<HTMLDivElement>(null);
  const byItself = query === '' && hasNextPage && !isFetchingNextPage && !isFetchNextPageError;
  useEffect(() => {
    const element = end.current;
    if (!byItself || element === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void fetchNextPage();
      },
      { rootMargin: '1200px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [byItself, fetchNextPage]);

  const oldest = loaded.at(-1);
  const extent =
    query === ''
      ? words.shown(loaded.length, hasNextPage)
      : hasNextPage && oldest !== undefined
        ? words.searchedBackTo(loaded.length, dayWords(oldest.createdOn))
        : words.searchedAll(loaded.length);
  return (
    <div ref={end} className={styles.foot}>
      <p role="status" className={styles.extent}>
        {searching ? <Spinner label={words.searching} /> : query === '' ? extent : `${words.matches(found)} ${extent}`}
      </p>
      {isFetchNextPageError && list.error !== null && (
        <ProblemNotice problem={problemOf(list.error)}>
          <p>{words.moreFailed}</p>
        </ProblemNotice>
      )}
      {hasNextPage && query === '' && (
        <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? words.loadingMore : words.loadMore}
        </Button>
      )}
      {hasNextPage && query !== '' && !searching && <Button onClick={searchFurther}>{words.searchFurther}</Button>}
    </div>
  );
}
