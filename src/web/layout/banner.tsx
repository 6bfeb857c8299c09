import { useQuery } from '@tanstack/react-query';
import IconWifiOff from 'lucide-react/icons/wifi-off';
import { useEffect } from 'react';
import { statusQuery } from '../api/status.ts';
import { aside } from '../ui/later.ts';
import { layoutWords } from '../words/layout.ts';
import styles from './banner.module.css';
import { useOnline } from './online.ts';

const UpstreamBanner = aside(async () => (await import('./upstream-banner.tsx')).UpstreamBanner);

/** Says above every page that the browser is offline, or that Moov is slow or down, so that people know before they write. */
export function Banner({ signedIn }: { signedIn: boolean }) {
  const online = useOnline();
  const { data, refetch } = useQuery({ ...statusQuery, enabled: signedIn && online });

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
        <UpstreamBanner upstream={data.upstream} since={data.since} />
      )}
    </div>
  );
}
