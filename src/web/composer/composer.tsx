import {
  type ClipboardEvent,
  type ComponentProps,
  type DragEvent,
  type KeyboardEvent,
  type Ref,
  type RefObject,
  startTransition,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { classes } from '../ui/classes.ts';
import { composerWords } from '../words/composer.ts';
import styles from './composer.module.css';
import type { LiveEditor } from './live-editor.ts';
import { type Formatting, findEarlier, Surface } from './surface.ts';
import { toolGroups } from './toolbar-layout.ts';

/** What the form does with the editor. */
export type ComposerHandle = {
  focus(): void;
  /** before any message that is formatted is set or read */
  use(formatting: Formatting): void;
  /** replaces the message, without a call of `onChange` */
  setHTML(html: string): void;
  /** the message as it stands at this moment; '' when there is nothing to read in it */
  getHTML(): string;
};

type ComposerProps = {
  /** of the textbox itself, so that a link to it focuses it */
  id: string;
  name?: string;
  labelledBy: string;
  describedBy?: string | undefined;
  invalid?: boolean;
  /** the message, 250 ms after the last key and on leaving; '' when there is nothing to read in it */
  onChange: (html: string) => void;
  /** Ctrl/Cmd+Enter; `onChange` has been called before */
  onSubmitShortcut?: () => void;
  ref?: Ref<ComposerHandle>;
};

type Rich = { live: LiveEditor } & Pick<typeof import('./tools.tsx'), 'Toolbar' | 'LinkPanel'>;

/**
 * What the textbox is, whoever edits in it. Its content is set once, to nothing, and never again, neither on the server
 * nor in hydration: what people type is theirs. (`emptyHTML`, because even '' must be a trusted type.)
 */
const textbox: ComponentProps<'div'> = {
  role: 'textbox',
  tabIndex: 0,
  contentEditable: 'plaintext-only',
  dangerouslySetInnerHTML: {
    __html: (typeof window === 'undefined' ? undefined : window.trustedTypes?.emptyHTML) ?? '',
  },
  suppressContentEditableWarning: true,
  suppressHydrationWarning: true,
  'aria-multiline': true,
  dir: 'auto',
  spellCheck: true,
};

/** After how long an editor that could not be loaded is asked for again, in ms; the last one repeats. */
const retries = [3000, 10_000, 30_000];

const useBrowserLayoutEffect = typeof window === 'undefined' ? useEffect : useLayoutEffect;

/**
 * The message editor. It is a plain contenteditable that takes typing at once, also as part of a page that React has yet
 * to hydrate; TipTap comes behind it in a chunk of its own and takes over in place: text, caret and focus stay. If it
 * cannot be loaded, the plain one goes on and its lines are the message's paragraphs.
 */
export function Composer(props: ComposerProps) {
  const { id, name, labelledBy, describedBy, invalid = false, onChange, onSubmitShortcut, ref } = props;
  const element = useRef<HTMLDivElement>(null);
  const [surface] = useState(() => new Surface());
  const [note, setNote] = useState('');
  const [linking, setLinking] = useState(false);

  useBrowserLayoutEffect(() => {
    surface.onChange = onChange;
  }, [surface, onChange]);

  const rich = useRichEditor(id, element, surface, setNote);
  useLabelFocus(labelledBy, surface);
  useImperativeHandle(
    ref,
    () => ({
      focus: () => surface.focus(),
      use: (formatting) => surface.use(formatting),
      setHTML: (html) => surface.setHTML(html),
      getHTML: () => surface.getHTML(),
    }),
    [surface],
  );

  const shortcut = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    const take = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (event.key === 'Enter' && command && !event.altKey && onSubmitShortcut !== undefined) {
      take();
      if (event.repeat) return;
      surface.flush();
      onSubmitShortcut();
    } else if (rich !== undefined && event.key.toLowerCase() === 'k' && command && !event.altKey && !event.shiftKey) {
      take();
      rich.live.syncCaret();
      setLinking(true);
    } else if (event.key === 'F10' && event.altKey) {
      take();
      document.querySelector<HTMLElement>(`[aria-controls="${CSS.escape(id)}"] [tabindex="0"]`)?.focus();
    }
  };

  /** A file dropped on a page replaces the page, and with it what was written. */
  const refuseFiles = (event: ClipboardEvent | DragEvent, data: DataTransfer) => {
    setNote('');
    if (data.files.length === 0 || data.types.some((type) => type === 'text/plain' || type === 'text/html'))
      return false;
    event.preventDefault();
    setNote(composerWords.filesLeftOut);
    return true;
  };

  const paste = (event: ClipboardEvent) => {
    if (refuseFiles(event, event.clipboardData) || surface.live !== undefined) return;
    if (element.current?.contentEditable !== 'true') return;
    event.preventDefault();
    document.execCommand('insertText', false, event.clipboardData.getData('text/plain'));
  };

  const attributes: ComponentProps<'div'> = {
    ...textbox,
    'aria-labelledby': labelledBy,
    'aria-describedby': describedBy,
    'aria-invalid': invalid || undefined,
    onKeyDownCapture: shortcut,
    onPasteCapture: paste,
    onDropCapture: (event) => refuseFiles(event, event.dataTransfer),
    onInput: () => {
      if (surface.live === undefined) surface.changed();
    },
    onFocus: () => setLinking(false),
    onBlur: () => surface.flush(),
  };

  return (
    <div className={styles.composer}>
      <div className={classes(styles.box, invalid && styles.invalid)}>
        {rich === undefined ? (
          <ToolbarPlace />
        ) : (
          <rich.Toolbar editor={rich.live.editor} controls={id} onLink={() => setLinking(true)} />
        )}
        {rich !== undefined && linking && (
          <rich.LinkPanel editor={rich.live.editor} onClose={() => setLinking(false)} />
        )}
        <div ref={element} id={id} className={styles.text} data-name={name} {...attributes} />
      </div>
      <p className={styles.note} role="status">
        {note}
      </p>
    </div>
  );
}

/**
 * Lets the plain editor serve, and TipTap take over from it when it has been loaded.
 * @param say tells the person what they should know of it
 * @returns TipTap and its tools, once it has taken over
 */
function useRichEditor(
  id: string,
  element: RefObject<HTMLDivElement | null>,
  surface: Surface,
  say: (note: string) => void,
): Rich | undefined {
  const [earlier] = useState(() => findEarlier(id));
  const [rich, setRich] = useState<Rich>();

  useBrowserLayoutEffect(() => {
    if (element.current === null) return;
    surface.attach(element.current, earlier);
    return () => {
      setRich(undefined);
      surface.detach();
    };
  }, [element, surface, earlier]);

  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const load = async () => {
      try {
        const { takeOver, Toolbar, LinkPanel } = await import('./tools.tsx');
        failures = 0;
        // A task of its own, so that evaluating the chunk and building the editor do not block as one.
        timer = setTimeout(() => {
          say('');
          surface.handOver(
            takeOver,
            (count) => say(composerWords.imagesLeftOut(count)),
            // In pieces, between which keys are taken.
            (live) => startTransition(() => setRich({ live, Toolbar, LinkPanel })),
          );
        });
      } catch {
        if (gone.signal.aborted) return;
        say(composerWords.formattingUnavailable);
        timer = setTimeout(() => void load(), retries[failures] ?? retries.at(-1));
        failures += 1;
      }
      if (gone.signal.aborted) clearTimeout(timer);
    };
    const online = () => {
      if (failures === 0) return;
      clearTimeout(timer);
      void load();
    };
    window.addEventListener('online', online, { signal: gone.signal });
    timer = setTimeout(() => void load());
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [surface, say]);

  return rich;
}

/** A click on its label focuses an input; for a contenteditable the browser does not do so. */
function useLabelFocus(labelledBy: string, surface: Surface) {
  useEffect(() => {
    const label = document.getElementById(labelledBy);
    const focus = () => surface.focus();
    label?.addEventListener('click', focus);
    return () => label?.removeEventListener('click', focus);
  }, [labelledBy, surface]);
}

/** Keeps the toolbar's place, wrapping just as it will, so that nothing moves when it comes. */
function ToolbarPlace() {
  return (
    <div className={styles.toolbar} aria-hidden="true">
      {toolGroups.map((group) => (
        <span key={group[0]} className={styles.group}>
          {group.map((tool) => (
            <span key={tool} className={styles.tool} />
          ))}
        </span>
      ))}
    </div>
  );
}
