import { useQuery } from '@tanstack/react-query';
import IconTriangleAlert from 'lucide-react/icons/triangle-alert';
import IconWifiOff from 'lucide-react/icons/wifi-off';
import { useEffect, useSyncExternalStore } from 'react';
import { statusQuery } from '../api/status.ts';
import { exactWords } from '../ui/exact-words.ts';
import { layoutWords } from '../words/layout.ts';
import styles from './banner.module.css';

const subscribe = (changed: () => void) => {
  addEventListener('online', changed);
  addEventListener('offline', changed);
  return () => {
    removeEventListener('online', changed);
    removeEventListener('offline', changed);
  };
};

/** Whether the browser believes to be connected. */
export const useOnline = (): boolean =>
  useSyncExternalStore(
    subscribe,
    () => navigator.onLine,
    () => true,
  );

/** Says before the person types that the browser is offline, or that Moov is slow or away. */
export function Banner({ signedIn }: { signedIn: boolean }) {
  const online = useOnline();
  const { data, refetch } = useQuery({ ...statusQuery, enabled: signedIn && online });
  const words = layoutWords.upstream;

  useEffect(() => {
    if (signedIn && online) void refetch();
  }, [signedIn, online, refetch]);

  return (
    <div role="status">
      {!online && (
        <p className={styles.banner}>
          <IconWifiOff aria-hidden="true" />
          <span>{layoutWords.offline}</span>
        </p>
      )}
      {online && data !== undefined && data.upstream !== 'up' && (
        <p className={styles.banner}>
          <IconTriangleAlert aria-hidden="true" />
          <span>
            <strong>{words[data.upstream].title}.</strong>{' '}
            {data.upstream === 'down' ? words.down.detail(exactWords(new Date(data.since))) : words.degraded.detail}
          </span>
        </p>
      )}
    </div>
  );
}
