import type { Editor } from '@tiptap/react';
import { getMarkRange } from '@tiptap/react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { toolWords } from '../words/tools.ts';
import styles from './composer.module.css';
import { meantLink } from './link-mark.ts';

/**
 * A panel that asks for the address of a link. It changes or removes the link at the caret, else links the selected words; without a
 * selection it inserts the address itself. Escape closes it without a change.
 */
export function LinkPanel({ editor, onClose }: { editor: Editor; onClose: () => void }) {
  const words = toolWords.link;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [before] = useState(() => String(editor.getAttributes('link').href ?? ''));
  const [address, setAddress] = useState(before);
  const [invalid, setInvalid] = useState(false);

  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);

  const close = () => {
    onClose();
    editor.view.focus();
  };

  const apply = () => {
    const href = meantLink(address);
    if (href === undefined) {
      setInvalid(true);
      input.current?.focus();
      return;
    }
    const { selection, schema } = editor.state;
    const link = schema.marks.link;
    const there = link && getMarkRange(selection.$from, link);
    const chain = editor.chain();
    if (there) chain.setTextSelection(there).setMark('link', { href });
    else if (selection.empty) {
      chain.insertContent({ type: 'text', text: address.trim(), marks: [{ type: 'link', attrs: { href } }] });
    } else chain.setMark('link', { href });
    chain.setTextSelection(there ? there.to : Math.max(selection.to, selection.from)).run();
    if (!there && selection.empty) editor.commands.setTextSelection(selection.from + address.trim().length);
    close();
  };

  const remove = () => {
    editor.chain().extendMarkRange('link').unsetMark('link').setTextSelection(editor.state.selection.to).run();
    close();
  };

  const key = (event: KeyboardEvent) => {
    // While a word is being composed, Enter and Escape belong to the input method.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape' || (event.key === 'Enter' && event.target === input.current)) {
      // Otherwise Enter would submit the form around the editor, and Escape might close a dialog around it.
      event.preventDefault();
      event.stopPropagation();
      if (event.key === 'Escape') close();
      else apply();
    }
  };

  return (
    <dialog open className={styles.linkPanel} aria-label={words.panel} onKeyDown={key}>
      <label htmlFor={id}>{words.address}</label>
      <div className={styles.linkRow}>
        <input
          ref={input}
          id={id}
          type="text"
          inputMode="url"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder={words.example}
          value={address}
          aria-invalid={invalid || undefined}
          aria-describedby={invalid ? `${id}-error` : undefined}
          onChange={(event) => {
            setAddress(event.target.value);
            setInvalid(false);
          }}
        />
        {invalid && (
          <p id={`${id}-error`} className={styles.linkError} role="alert">
            {words.invalid}
          </p>
        )}
        <Button variant="primary" onClick={apply}>
          {words.apply}
        </Button>
        {before !== '' && <Button onClick={remove}>{words.remove}</Button>}
        <Button variant="quiet" onClick={close}>
          {words.cancel}
        </Button>
      </div>
    </dialog>
  );
}
