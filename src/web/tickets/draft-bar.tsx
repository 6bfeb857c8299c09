import { useEffect, useRef } from 'react';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { relativeWords } from '../ui/relative-time.tsx';
import { filingWords } from '../words/filing.ts';
import styles from './draft-bar.module.css';
import type { OtherDraft } from './draft-desk.ts';
import type { Draft } from './draft-record.ts';
import { type DraftStory, isOfferedInBar } from './new-ticket-draft-actions.ts';

type DraftBarProps = {
  story: DraftStory;
  /** the words to show while the device takes long to give a draft; '' for none */
  looking: string;
  others: OtherDraft[];
  /** the form is being submitted: no other draft may take its place now */
  busy: boolean;
  onDiscard(): void;
  onUndo(draft: Draft): void;
  onOpen(draft: Draft): void;
};

const words = filingWords.draft;
const justNowMs = 45_000;
const ageOf = (savedOn: string) => {
  const date = new Date(savedOn);
  return Date.now() - date.getTime() < justNowMs ? words.justNow : relativeWords(date, Date.now());
};

type DiscardProps = { busy: boolean; onDiscard(): void };

/** “Discard” below the form, for what was just typed. In this file, so that it is never offered while the bar with “Undo” cannot be loaded. */
export function DiscardBelow({ busy, onDiscard }: DiscardProps) {
  return (
    <Button variant="quiet" className={styles.below ?? ''} aria-disabled={busy} onClick={onDiscard}>
      {words.discard}
    </Button>
  );
}

/** Shown above the form: what happened to the draft, a button to discard it or to undo that, and the other drafts there are. */
export function DraftBar({ story, looking, others, busy, onDiscard, onUndo, onOpen }: DraftBarProps) {
  const bar = useRef<HTMLDivElement>(null);
  // The button that was pressed disappears, and the focus with it: move the focus to the bar, which says what has happened.
  const pressed = useRef(false);
  useEffect(() => {
    // “Discard” below the form disappears as well. Whoever has moved on meanwhile keeps the focus where it is.
    const isLost = story.about === 'discarded' && document.activeElement === document.body;
    if ((!pressed.current && !isLost) || story.about === 'nothing') return;
    pressed.current = false;
    bar.current?.focus();
  }, [story]);
  const pressing = (change: () => void) => {
    pressed.current = true;
    change();
  };

  return (
    <>
      <div ref={bar} tabIndex={-1} className={styles.bar} hidden={story.about === 'nothing' && looking === ''}>
        <div role="status" className={styles.story}>
          <StoryWords story={story} />
          {looking !== '' && <p>{looking}</p>}
        </div>
        {isOfferedInBar(story) && (
          <Button
            variant="quiet"
            className={styles.action ?? ''}
            aria-disabled={busy}
            onClick={() => pressing(onDiscard)}
          >
            {words.discard}
          </Button>
        )}
        {story.about === 'discarded' && (
          <Button
            variant="quiet"
            className={styles.action ?? ''}
            aria-disabled={busy}
            onClick={() => pressing(() => onUndo(story.draft))}
          >
            {words.undo}
          </Button>
        )}
      </div>
      {others.length > 0 && (
        <Disclosure summary={words.others(others.length)} className={styles.others ?? ''}>
          <ul className={styles.list}>
            {others.map(({ draft, elsewhere }) => (
              <li key={draft.draftID}>
                <Other
                  draft={draft}
                  elsewhere={elsewhere}
                  busy={busy}
                  onOpen={(other) => pressing(() => onOpen(other))}
                />
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
    </>
  );
}

function StoryWords({ story }: { story: DraftStory }) {
  switch (story.about) {
    case 'nothing':
      return null;
    case 'restored':
      return (
        <>
          <p>{words.restored(ageOf(story.savedOn))}</p>
          {story.attempted && <p className={styles.quiet}>{words.maybeSent}</p>}
          {story.copied && <p className={styles.quiet}>{words.copied}</p>}
        </>
      );
    case 'discarded':
      return <p>{words.discarded}</p>;
    case 'undone':
      return <p>{words.undone}</p>;
    case 'wiped':
      return <p>{words.wiped}</p>;
  }
}

function Other({ draft, elsewhere, busy, onOpen }: OtherDraft & Pick<DraftBarProps, 'busy' | 'onOpen'>) {
  const given = (draft.fields.title ?? '').trim();
  const title = given === '' ? words.untitled : given;
  const about = elsewhere ? words.elsewhere : words.savedWhen(ageOf(draft.savedOn));
  return (
    <>
      {elsewhere ? (
        <span className={styles.title}>{title}</span>
      ) : (
        <Button variant="quiet" className={styles.action ?? ''} aria-disabled={busy} onClick={() => onOpen(draft)}>
          {title}
        </Button>
      )}
      <span className={styles.quiet}>{about}</span>
    </>
  );
}
