import IconArrowLeft from 'lucide-react/icons/arrow-left';
import { Link } from 'wouter';
import { commonWords } from '../words/common.ts';
import styles from './back-to-tickets.module.css';

/** The link from the page of one ticket back to the list. */
export const BackToTickets = ({ href }: { href: string }) => (
  <Link href={href} className={styles.back}>
    <IconArrowLeft aria-hidden="true" />
    {commonWords.allTickets}
  </Link>
);
