import IconArrowLeftRight from 'lucide-react/icons/arrow-left-right';
import { useRef, useState } from 'react';
import type { Account } from '../../contract/account.ts';
import { Button } from '../ui/button.tsx';
import { aside, fetchAhead } from '../ui/later.ts';
import { accountWords } from '../words/accounts.ts';
import styles from './account-switch.module.css';

const load = () => import('./account-picker.tsx');
const ahead = () => fetchAhead(load);
const AccountPicker = aside(
  async () => (await load()).AccountPicker,
  <span role="status">{accountWords.picker.missing}</span>,
);

type AccountSwitchProps = { userID: string; onChoose: (account: Account) => void };

/** The button that opens the account picker. The picker's code is loaded when the pointer or the focus comes to the button. */
export function AccountSwitch({ userID, onChoose }: AccountSwitchProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <Button
        ref={button}
        variant="quiet"
        className={styles.open}
        aria-label={accountWords.picker.open}
        aria-haspopup="dialog"
        aria-expanded={open}
        onPointerEnter={ahead}
        onFocus={ahead}
        onClick={() => setOpen(!open)}
      >
        <IconArrowLeftRight aria-hidden="true" />
        <span className={styles.label}>{accountWords.picker.open}</span>
      </Button>
      {open && (
        <AccountPicker
          userID={userID}
          anchor={button}
          onClose={() => setOpen(false)}
          onChoose={(account) => {
            setOpen(false);
            onChoose(account);
          }}
        />
      )}
    </>
  );
}
