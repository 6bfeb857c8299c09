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

/** What the form can do with the editor. */
export type ComposerHandle = {
  focus(): void;
  /** makes the plain editor able to show formatting; call this before `setHTML` */
  use(formatting: Formatting): void;
  /** replaces the message, without a call of `onChange` */
  setHTML(html: string): void;
  /** the message at this moment, as HTML; '' when it has no visible text */
  getHTML(): string;
};

type ComposerProps = {
  /** the id of the textbox element, so that a link to it focuses it */
  id: string;
  name?: string;
  labelledBy: string;
  describedBy?: string | undefined;
  invalid?: boolean;
  /** gets the message as HTML 250 ms after the last key, less often while keys keep coming, and on blur; '' when it has no visible text */
  onChange: (html: string) => void;
  /** called on Ctrl/Cmd+Enter, after `onChange` has got the latest message */
  onSubmitShortcut?: () => void;
  ref?: Ref<ComposerHandle>;
};

type Rich = { live: LiveEditor } & Pick<typeof import('./tools.tsx'), 'Toolbar' | 'LinkPanel'>;

/**
 * The fixed attributes of the textbox, for the plain editor and for TipTap. React sets its content once, to nothing, and never again, not
 * even in hydration: otherwise React would remove what people have typed. (`emptyHTML`, because Trusted Types refuse even the string ''.)
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

/** The pauses in ms after which loading TipTap is tried again; the last one repeats. */
const retries = [3000, 10_000, 30_000];

const useBrowserLayoutEffect = typeof window === 'undefined' ? useEffect : useLayoutEffect;

/**
 * The message editor. At first it is a plain contenteditable, which can be typed into at once, even before React has hydrated the page.
 * TipTap is loaded later, as a chunk of its own, and takes over the same element: text, caret and focus stay. If TipTap cannot be loaded,
 * the plain editor keeps working, and each of its lines becomes a paragraph of the message.
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
  useNoFilesBeside(element);
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
      // Code holds no links. The browser's own command must not move the person away from it either.
      if (!rich.live.editor.isActive('codeBlock')) setLinking(true);
    } else if (event.key === 'F10' && event.altKey) {
      take();
      document.querySelector<HTMLElement>(`[aria-controls="${CSS.escape(id)}"] [tabindex="0"]`)?.focus();
    }
  };

  /**
   * Refuses files that are pasted or dropped, and says so: a browser opens a dropped file in place of the page, and the text would be lost.
   * @returns whether there were files, and nothing that the editor could take
   */
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
 * Starts the plain editor, loads TipTap, and lets TipTap take over.
 * @param say shows a note to the person, for example that formatting is not available
 * @returns TipTap and its tools once it has taken over, undefined until then
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
        // In a new task, so that evaluating the chunk and building the editor do not add up to one long task.
        timer = setTimeout(() => {
          say('');
          surface.handOver(
            takeOver,
            (count) => say(composerWords.imagesLeftOut(count)),
            // React renders a transition in pieces, so that keys are handled in between.
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

/** Focuses the editor after a click on its label. Browsers do this for an input, but not for a contenteditable. */
function useLabelFocus(labelledBy: string, surface: Surface) {
  useEffect(() => {
    const label = document.getElementById(labelledBy);
    const focus = () => surface.focus();
    label?.addEventListener('click', focus);
    return () => label?.removeEventListener('click', focus);
  }, [labelledBy, surface]);
}

/** Takes no files that are dropped beside the editor either: the browser would open them in place of the page. */
function useNoFilesBeside(element: RefObject<HTMLDivElement | null>) {
  useEffect(() => {
    const refuse = (event: globalThis.DragEvent) => {
      const { current } = element;
      if (!event.dataTransfer?.types.includes('Files') || (current && event.composedPath().includes(current))) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    };
    window.addEventListener('dragover', refuse);
    return () => window.removeEventListener('dragover', refuse);
  }, [element]);
}

/** Takes up the space of the toolbar until it is loaded, and wraps in the same way, so that nothing moves then. */
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
