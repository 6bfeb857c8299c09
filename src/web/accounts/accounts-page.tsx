import { useInfiniteQuery } from '@tanstack/react-query';
import IconPlus from 'lucide-react/icons/plus';
import { type ReactNode, useDeferredValue, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';
import type { Account } from '../../contract/account.ts';
import { page } from '../../contract/paths.ts';
import { problemOf } from '../api/request.ts';
import { accountName } from '../layout/account-name.ts';
import { PageHeading } from '../layout/page-heading.tsx';
import { ProblemNotice } from '../layout/problem-notice.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { longestSearch, SearchBox } from '../ui/search-box.tsx';
import { useSearchText } from '../ui/search-text.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { VisuallyHidden } from '../ui/visually-hidden.tsx';
import { accountWords as words } from '../words/accounts.ts';
import { commonWords } from '../words/common.ts';
import { accountListQuery } from './account-queries.ts';
import styles from './accounts-page.module.css';
import { recentAccounts } from './recent-accounts.ts';

type AccountsPageProps = {
  userID: string;
  /** the account of the partner itself */
  partnerAccountID: string | undefined;
  /** renders the open tickets of the given accounts, to be shown beside the recent accounts */
  waiting: (accounts: Account[]) => ReactNode;
};

/**
 * The accounts that partner staff may act for: the recent ones, then all, with a search by name or id. The search is part of the address,
 * so that Back and reload keep it.
 */
export function AccountsPage({ userID, partnerAccountID, waiting }: AccountsPageProps) {
  const [, navigate] = useLocation();
  const kept = new URLSearchParams(useSearch()).get('q') ?? '';
  const [text, setText] = useSearchText(kept.trim().slice(0, longestSearch), (wanted) =>
    navigate(page.accounts({ q: wanted }), { replace: true }),
  );
  const q = useDeferredValue(text.trim());
  const { data, error, isPending, isFetching, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } =
    useInfiniteQuery(accountListQuery(q));
  const [recent] = useState(() => recentAccounts(userID));
  const found = data?.pages.flatMap(({ items }) => items) ?? [];
  const row = (account: Account) => (
    <AccountRow key={account.accountID} account={account} own={account.accountID === partnerAccountID} />
  );

  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <PageHeading title={words.title} />
        <p className={styles.lead}>{words.lead}</p>
      </header>
      <search>
        <SearchBox label={words.search} hint={words.searchHint} value={text} onChange={setText} />
      </search>
      {q === '' && recent.length > 0 && (
        <div className={styles.columns}>
          <section className={styles.group} aria-labelledby="recent-accounts">
            <h2 id="recent-accounts">{words.recent}</h2>
            <ul className={styles.rows}>{recent.map(row)}</ul>
          </section>
          {waiting(recent)}
        </div>
      )}
      <section className={styles.group} aria-labelledby="all-accounts">
        <h2 id="all-accounts">{q === '' ? words.all : words.found}</h2>
        <VisuallyHidden role="status">
          {q !== '' && data !== undefined && !isFetching && words.foundCount(found.length, hasNextPage)}
        </VisuallyHidden>
        {isPending && <Skeleton label={words.loading} lines={8} />}
        {error !== null && (
          <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} busy={isFetching} />
        )}
        {found.length > 0 && <ul className={styles.rows}>{found.map(row)}</ul>}
        {data !== undefined && found.length === 0 && !isFetching && (
          <Empty title={q === '' ? words.empty : words.emptySearch(q)}>
            <p>{q === '' ? words.emptyHint : words.emptySearchHint}</p>
          </Empty>
        )}
        {hasNextPage && (
          <Button className={styles.more} busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? words.loadingMore : words.loadMore}
          </Button>
        )}
      </section>
    </div>
  );
}

function AccountRow({ account, own }: { account: Account; own: boolean }) {
  const name = accountName(account);
  return (
    <li className={styles.row}>
      <div className={styles.account}>
        <span className={styles.name}>
          <Link href={page.tickets(account.accountID)} aria-label={words.ticketsOf(name)} className={styles.link}>
            {name}
          </Link>
          {own && <Badge tone="neutral">{words.own}</Badge>}
        </span>
        <span className={styles.id}>{account.accountID}</span>
      </div>
      <Link href={page.newTicket(account.accountID)} aria-label={words.newTicketFor(name)} className={styles.file}>
        <IconPlus aria-hidden="true" />
        {commonWords.newTicket}
      </Link>
    </li>
  );
}
