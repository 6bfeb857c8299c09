import { Combobox } from '@base-ui/react/combobox';
import { useInfiniteQuery } from '@tanstack/react-query';
import IconArrowLeftRight from 'lucide-react/icons/arrow-left-right';
import { useDeferredValue, useState } from 'react';
import type { Account } from '../../contract/account.ts';
import { accountName } from '../layout/account-name.ts';
import { Button } from '../ui/button.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { accountWords } from '../words/accounts.ts';
import styles from './account-picker.module.css';
import { accountListQuery } from './account-queries.ts';
import switchStyles from './account-switch.module.css';
import { recentAccounts } from './recent-accounts.ts';

const words = accountWords.picker;
type Group = { value: string; items: Account[] };

/** Finds one of thousands of accounts by name or id, by keyboard alone; the recent ones stand first. Opens at once. */
export function AccountPicker({ userID, onChoose }: { userID: string; onChoose: (account: Account) => void }) {
  const [open, setOpen] = useState(true);
  const [text, setText] = useState('');
  const q = useDeferredValue(text.trim());
  const list = useInfiniteQuery({ ...accountListQuery(q), enabled: open });
  const found = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const groups = groupsOf(q === '' ? recentAccounts(userID) : [], found, q);

  return (
    <Combobox.Root
      items={groups}
      filter={null}
      open={open}
      onOpenChange={setOpen}
      inputValue={text}
      onInputValueChange={setText}
      value={null}
      onValueChange={(account: Account | null) => {
        if (account !== null) onChoose(account);
        setText('');
      }}
      itemToStringLabel={accountName}
      isItemEqualToValue={(one: Account, other: Account) => one.accountID === other.accountID}
      autoHighlight
    >
      <Combobox.Trigger render={<Button variant="quiet" className={switchStyles.open} />}>
        <IconArrowLeftRight aria-hidden="true" />
        {words.open}
      </Combobox.Trigger>
      <Combobox.Portal>
        <Combobox.Positioner sideOffset={4} align="start" className={styles.positioner}>
          <Combobox.Popup className={styles.popup} aria-label={words.open}>
            <div className={styles.search}>
              <Combobox.Input aria-label={words.label} placeholder={words.placeholder} />
            </div>
            <Combobox.Status className={styles.status}>
              {list.isFetching && <Spinner label={words.searching} />}
              {list.isError && words.failed}
              {!list.isFetching && !list.isError && groups.length === 0 && words.none}
            </Combobox.Status>
            <Combobox.List className={styles.list}>
              {(group: Group) => (
                <Combobox.Group key={group.value} items={group.items}>
                  <Combobox.GroupLabel className={styles.groupLabel}>{group.value}</Combobox.GroupLabel>
                  <Combobox.Collection>
                    {(account: Account) => (
                      <Combobox.Item key={account.accountID} value={account} className={styles.item}>
                        <span>{accountName(account)}</span>
                        <span className={styles.id}>{account.accountID}</span>
                      </Combobox.Item>
                    )}
                  </Combobox.Collection>
                </Combobox.Group>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}

function groupsOf(recent: Account[], found: Account[], q: string): Group[] {
  const ids = new Set(recent.map(({ accountID }) => accountID));
  return [
    { value: accountWords.recent, items: recent },
    {
      value: q === '' ? accountWords.all : accountWords.found,
      items: found.filter(({ accountID }) => !ids.has(accountID)),
    },
  ].filter(({ items }) => items.length > 0);
}
