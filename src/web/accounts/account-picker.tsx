import { Combobox } from '@base-ui/react/combobox';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type RefObject, useDeferredValue, useState } from 'react';
import type { Account } from '../../contract/account.ts';
import { accountName } from '../layout/account-name.ts';
import { Spinner } from '../ui/spinner.tsx';
import { accountWords } from '../words/accounts.ts';
import styles from './account-picker.module.css';
import { accountListQuery } from './account-queries.ts';
import { recentAccounts } from './recent-accounts.ts';

const words = accountWords.picker;
type Group = { value: string; items: Account[] };

type AccountPickerProps = {
  userID: string;
  /** the button beside which the picker opens, and which gets the focus back when the picker closes */
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
  onChoose: (account: Account) => void;
};

/** Lets the person choose an account, out of thousands, by name or id. It can be used by keyboard alone. Recent accounts come first. */
export function AccountPicker({ userID, anchor, onClose, onChoose }: AccountPickerProps) {
  const [text, setText] = useState('');
  const [openedOn] = useState(() => location.pathname);
  const q = useDeferredValue(text.trim());
  const list = useInfiniteQuery(accountListQuery(q));
  const found = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const groups = groupsOf(q === '' ? recentAccounts(userID) : [], found, q);
  /** The accounts on the screen were found for an earlier text: Enter must not choose one of them. */
  const stale = q !== text.trim() || list.isPlaceholderData;
  /** What gets the focus when the picker closes. After going to another page nothing does: that page moves it to its heading. */
  const focusAfter = () => location.pathname === openedOn && anchor.current;

  return (
    <Combobox.Root
      items={groups}
      filter={null}
      open
      onOpenChange={(open, { event }) => {
        // A press on the button that opened the picker closes it by the button's own handler; closing here too would open it again.
        const onButton = event.target instanceof Node && anchor.current?.contains(event.target) === true;
        if (!open && !onButton) onClose();
      }}
      inputValue={text}
      onInputValueChange={setText}
      value={null}
      onValueChange={(account: Account | null) => {
        if (account !== null) onChoose(account);
      }}
      itemToStringLabel={accountName}
      isItemEqualToValue={(one: Account, other: Account) => one.accountID === other.accountID}
      autoHighlight
    >
      <Combobox.Portal>
        <Combobox.Positioner anchor={anchor} sideOffset={4} align="start" className={styles.positioner}>
          <Combobox.Popup className={styles.popup} aria-label={words.open} finalFocus={focusAfter}>
            <div className={styles.search}>
              <Combobox.Input aria-label={words.label} placeholder={words.placeholder} maxLength={200} />
            </div>
            <Combobox.Status className={styles.status}>
              {list.isFetching && <Spinner label={words.searching} />}
              {list.isError && words.failed}
              {!list.isFetching && !list.isError && groups.length === 0 && words.none}
              {!list.isFetching && list.hasNextPage && <span className={styles.more}>{words.more(found.length)}</span>}
            </Combobox.Status>
            <Combobox.List className={styles.list}>
              {(group: Group) => (
                <Combobox.Group key={group.value} items={group.items}>
                  <Combobox.GroupLabel className={styles.groupLabel}>{group.value}</Combobox.GroupLabel>
                  <Combobox.Collection>
                    {(account: Account) => (
                      <Combobox.Item key={account.accountID} value={account} disabled={stale} className={styles.item}>
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
