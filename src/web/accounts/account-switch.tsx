import IconArrowLeftRight from 'lucide-react/icons/arrow-left-right';
import { lazy, Suspense, useState } from 'react';
import type { Account } from '../../contract/account.ts';
import { Button } from '../ui/button.tsx';
import { accountWords } from '../words/accounts.ts';
import styles from './account-switch.module.css';

const load = () => import('./account-picker.tsx');
const AccountPicker = lazy(async () => ({ default: (await load()).AccountPicker }));

type AccountSwitchProps = { userID: string; onChoose: (account: Account) => void };

/** The button that opens the account picker; the picker's program is fetched when it is first wanted. */
export function AccountSwitch({ userID, onChoose }: AccountSwitchProps) {
  const [wanted, setWanted] = useState(false);
  const button = (
    <Button
      variant="quiet"
      className={styles.open}
      busy={wanted}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => setWanted(true)}
    >
      {!wanted && <IconArrowLeftRight aria-hidden="true" />}
      {accountWords.picker.open}
    </Button>
  );
  if (!wanted) return button;
  return (
    <Suspense fallback={button}>
      <AccountPicker userID={userID} onChoose={onChoose} />
    </Suspense>
  );
}
