import { redoDepth, undoDepth } from '@tiptap/pm/history';
import { Selection } from '@tiptap/pm/state';
import type { Editor } from '@tiptap/react';
import type { LucideIcon } from 'lucide-react';
import IconBold from 'lucide-react/icons/bold';
import IconCode from 'lucide-react/icons/code';
import IconHeading2 from 'lucide-react/icons/heading-2';
import IconHeading3 from 'lucide-react/icons/heading-3';
import IconItalic from 'lucide-react/icons/italic';
import IconLink from 'lucide-react/icons/link';
import IconList from 'lucide-react/icons/list';
import IconOutdent from 'lucide-react/icons/list-indent-decrease';
import IconIndent from 'lucide-react/icons/list-indent-increase';
import IconListOrdered from 'lucide-react/icons/list-ordered';
import IconMinus from 'lucide-react/icons/minus';
import IconRedo from 'lucide-react/icons/redo-2';
import IconSquareCode from 'lucide-react/icons/square-code';
import IconStrikethrough from 'lucide-react/icons/strikethrough';
import IconTextQuote from 'lucide-react/icons/text-quote';
import IconUnderline from 'lucide-react/icons/underline';
import IconUndo from 'lucide-react/icons/undo-2';
import { type KeyboardEvent, useCallback, useRef, useState, useSyncExternalStore } from 'react';
import { toolWords } from '../words/tools.ts';
import { insertRule, toggleCodeBlock, toggleHeading, toggleQuote } from './blocks.ts';
import styles from './composer.module.css';
import { toggleList } from './lists.ts';
import { type ToolName, toolGroups } from './toolbar-layout.ts';

export { LinkPanel } from './link-panel.tsx';
export { takeOver } from './live-editor.ts';

const isApple = /mac|iphone|ipad/i.test(navigator.platform);

type Tool = {
  icon: LucideIcon;
  /** the shortcut in the form of `aria-keyshortcuts`, with `Mod` for Control or Command */
  keys?: string;
  /** missing for the tool that opens the link panel */
  run?: (editor: Editor) => void;
};
const mark = (name: string) => (editor: Editor) => editor.commands.toggleMark(name);
const tools: Record<ToolName, Tool> = {
  bold: { icon: IconBold, keys: 'Mod+B', run: mark('bold') },
  italic: { icon: IconItalic, keys: 'Mod+I', run: mark('italic') },
  underline: { icon: IconUnderline, keys: 'Mod+U', run: mark('underline') },
  strike: { icon: IconStrikethrough, keys: 'Mod+Shift+S', run: mark('strike') },
  code: { icon: IconCode, keys: 'Mod+E', run: mark('code') },
  heading2: { icon: IconHeading2, keys: 'Mod+Alt+2', run: (editor) => toggleHeading(editor, 2) },
  heading3: { icon: IconHeading3, keys: 'Mod+Alt+3', run: (editor) => toggleHeading(editor, 3) },
  bulletList: { icon: IconList, keys: 'Mod+Shift+8', run: (editor) => toggleList(editor, 'bulletList') },
  orderedList: { icon: IconListOrdered, keys: 'Mod+Shift+7', run: (editor) => toggleList(editor, 'orderedList') },
  outdent: { icon: IconOutdent, keys: 'Mod+[', run: (editor) => editor.commands.liftListItem('listItem') },
  indent: { icon: IconIndent, keys: 'Mod+]', run: (editor) => editor.commands.sinkListItem('listItem') },
  blockquote: { icon: IconTextQuote, keys: 'Mod+Shift+B', run: toggleQuote },
  codeBlock: { icon: IconSquareCode, keys: 'Mod+Alt+C', run: toggleCodeBlock },
  rule: { icon: IconMinus, run: insertRule },
  link: { icon: IconLink, keys: 'Mod+K' },
  undo: { icon: IconUndo, keys: 'Mod+Z', run: (editor) => editor.commands.undo() },
  redo: { icon: IconRedo, keys: isApple ? 'Mod+Shift+Z' : 'Mod+Y', run: (editor) => editor.commands.redo() },
};
/** Tools that do something once. All others are on or off, and have `aria-pressed`. */
const once: readonly ToolName[] = ['outdent', 'indent', 'rule', 'undo', 'redo'];
const markTools: readonly ToolName[] = ['bold', 'italic', 'underline', 'strike', 'code', 'link'];

const ariaKeys = (keys: string) => keys.replace('Mod', isApple ? 'Meta' : 'Control');
const shownKeys = (keys: string) =>
  isApple
    ? keys.replace('Mod', '⌘').replace('Shift', '⇧').replace('Alt', '⌥').replaceAll('+', '')
    : keys.replace('Mod', 'Ctrl');

/** What a shortcut does, and its keys as people of this system read them. */
export type Shortcut = readonly [does: string, keys: string];
/** The shortcuts whose keys differ from system to system; those of the tools (`message`) in the order of the toolbar. */
export const toolShortcuts = {
  submit: shownKeys('Mod+Enter'),
  pastePlain: shownKeys('Mod+Shift+V'),
  toToolbar: shownKeys('Alt+F10'),
  message: toolGroups.flat().flatMap((name): Shortcut[] => {
    const { keys } = tools[name];
    return keys === undefined ? [] : [[toolWords.tools[name], shownKeys(keys)]];
  }),
};
export type ToolShortcuts = typeof toolShortcuts;

/**
 * Which tools are on, and which cannot be used at the selection. Runs after every key, so it looks only at the ancestors of the caret:
 * that is faster than asking TipTap about each tool.
 * @returns the names of both, as `on on/off off`. It is a string so that React does not render when nothing has changed
 */
function toolStates(editor: Editor): string {
  const { selection, storedMarks, doc } = editor.state;
  const { empty } = selection;
  // When everything is selected, the selection starts outside any line: then the first line counts.
  const $from = (Selection.findFrom(selection.$from, 1, true) ?? Selection.atStart(doc)).$from;
  const on = new Set<string>();
  const off = new Set<string>();
  for (const name of markTools) {
    const active = empty
      ? (storedMarks ?? $from.marks()).some((mark) => mark.type.name === name)
      : editor.isActive(name);
    if (active) on.add(name);
  }
  let itemIndex: number | undefined;
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    const { type, attrs } = $from.node(depth);
    if (type.name === 'heading') on.add(`heading${attrs.level}`);
    else if (type.name === 'listItem') itemIndex ??= $from.index(depth - 1);
    else if (type.name !== 'bulletList' && type.name !== 'orderedList') on.add(type.name);
    else if (!on.has('bulletList') && !on.has('orderedList')) on.add(type.name);
  }
  if (on.has('codeBlock')) for (const name of markTools) off.add(name);
  if (itemIndex === undefined) off.add('outdent');
  if (itemIndex === undefined || itemIndex === 0) off.add('indent');
  if (undoDepth(editor.state) === 0) off.add('undo');
  if (redoDepth(editor.state) === 0) off.add('redo');
  return `${[...on].join(' ')}/${[...off].join(' ')}`;
}

/** `controls` is the id of the textbox to which the toolbar belongs. */
type ToolbarProps = { editor: Editor; controls: string; onLink: () => void };

/**
 * The formatting toolbar. As in the ARIA toolbar pattern it is a single Tab stop; arrow keys, Home and End move within it. Escape goes
 * back to the text.
 */
export function Toolbar({ editor, controls, onLink }: ToolbarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const [stop, setStop] = useState<ToolName>('bold');
  const state = useSyncExternalStore(
    useCallback(
      (changed) => {
        editor.on('transaction', changed);
        return () => editor.off('transaction', changed);
      },
      [editor],
    ),
    () => toolStates(editor),
  );
  const [on = [], off = []] = state.split('/').map((names) => names.split(' '));

  const move = (event: KeyboardEvent) => {
    const buttons = [...(bar.current?.querySelectorAll('button') ?? [])];
    const at = buttons.findIndex((button) => button.contains(event.currentTarget.ownerDocument.activeElement));
    const back = getComputedStyle(event.currentTarget).direction === 'rtl' ? 'ArrowRight' : 'ArrowLeft';
    const to =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? buttons.length - 1
          : event.key === 'ArrowLeft' || event.key === 'ArrowRight'
            ? (at + (event.key === back ? -1 : 1) + buttons.length) % buttons.length
            : undefined;
    if (to !== undefined) {
      event.preventDefault();
      buttons[to]?.focus();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      editor.view.focus();
    }
  };

  return (
    <div
      ref={bar}
      className={styles.toolbar}
      role="toolbar"
      aria-label={toolWords.toolbar}
      aria-controls={controls}
      onKeyDown={move}
    >
      {toolGroups.map((group) => (
        <span key={group[0]} className={styles.group}>
          {group.map((name) => {
            const { icon: Icon, keys, run } = tools[name];
            const label = toolWords.tools[name];
            const unavailable = off.includes(name);
            return (
              <button
                key={name}
                type="button"
                className={styles.tool}
                tabIndex={name === stop ? 0 : -1}
                aria-label={label}
                title={keys === undefined ? label : toolWords.withKeys(label, shownKeys(keys))}
                aria-keyshortcuts={keys && ariaKeys(keys)}
                aria-disabled={unavailable || undefined}
                aria-pressed={once.includes(name) ? undefined : on.includes(name)}
                onFocus={() => setStop(name)}
                // A press with the mouse must not move the focus: it and the caret stay in the text.
                onMouseDown={(event) => event.preventDefault()}
                onClick={(event) => {
                  if (unavailable) return;
                  if (run === undefined) return onLink();
                  if (event.detail > 0) editor.view.focus();
                  run(editor);
                }}
              >
                <Icon aria-hidden="true" />
              </button>
            );
          })}
        </span>
      ))}
    </div>
  );
}
