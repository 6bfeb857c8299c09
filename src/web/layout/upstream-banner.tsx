import IconTriangleAlert from 'lucide-react/icons/triangle-alert';
import type { Status } from '../../contract/status.ts';
import { exactWords } from '../ui/exact-words.ts';
import { upstreamWords } from '../words/upstream.ts';
import styles from './banner.module.css';

/** Says that Moov is slow or down, and what that means for the person. `since` is an RFC 3339 time. */
export function UpstreamBanner({ upstream, since }: { upstream: Exclude<Status['upstream'], 'up'>; since: string }) {
  const { title, detail } = upstreamWords[upstream];
  return (
    <p className={styles.banner}>
      <IconTriangleAlert aria-hidden="true" />
      <span>
        <strong>{title}.</strong> {typeof detail === 'string' ? detail : detail(exactWords(new Date(since)))}
      </span>
    </p>
  );
}
