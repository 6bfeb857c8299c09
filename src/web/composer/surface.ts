import type { LiveEditor, TakeOver } from './live-editor.ts';
import { isBlank, isFormatted, linesToHTML, type Place, readLines, spaced } from './plain.ts';

/**
 * How a formatted message is put into a plain contenteditable (`nodes`) and read from it (`html`), and the class that styles it. The code
 * for this (`formatting.ts`) is loaded with the form's program and not with the page.
 */
export type Formatting = {
  className: string;
  nodes(html: string): DocumentFragment;
  html(element: HTMLElement): string;
};

/** How long after the last key `onChange` gets the message, in ms. Reading the message after each key would make typing slow. */
const restAfterKey = 250;
/**
 * While keys keep coming, `onChange` gets the message after this many ms, or after 100 times as long as the last call took, whichever is
 * longer. So it is called less often for a long message.
 */
const mostAfterKey = 750;

/** Elements that a `Surface` has been attached to. Their text belongs to that editor; a later editor must not take it over. */
const attached = new WeakSet<Element>();

type Earlier = { element: HTMLElement; focused: boolean; places: Place[] };

/**
 * Finds the contenteditable that came with the page's HTML, into which the person may have typed before React was there.
 * @param id of the element
 * @returns the element, whether it has the focus, and the ends of the selection; undefined when there is none, or an editor has had it
 */
export function findEarlier(id: string): Earlier | undefined {
  const element = typeof document === 'undefined' ? null : document.getElementById(id);
  if (element === null || attached.has(element)) return undefined;
  const selection = document.getSelection();
  const places: Place[] = [];
  if (selection?.anchorNode && selection.focusNode) {
    places.push({ node: selection.anchorNode, offset: selection.anchorOffset });
    places.push({ node: selection.focusNode, offset: selection.focusOffset });
  }
  return { element, focused: document.activeElement === element, places };
}

/**
 * The element in which a message is written: at first a plain contenteditable, later TipTap on the same element. Reads and sets the message
 * and reports changes in the same way for both.
 */
export class Surface {
  /** gets the message 250 ms after the last key, from time to time while keys keep coming, on blur, and when the page is left */
  onChange: (html: string) => void = () => undefined;
  /** TipTap, once it has taken over */
  live: LiveEditor | undefined;
  #formatting: Formatting | undefined;
  #element: HTMLElement | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changedAt = 0;
  #tellBy = 0;
  /** How long the last call of `onChange` took. The first value delays the first call, so that it does not come while React hydrates. */
  #tookMs = 20;
  /** an input method is composing a word, or a pointer is selecting text: TipTap must not take over now */
  #held = new Set<'composition' | 'pointer'>();
  #detach = new AbortController();

  /** Starts using `element`. Text typed there stays. If `element` is a new one, it gets text, selection and focus from `earlier`. */
  attach(element: HTMLElement, earlier: Earlier | undefined) {
    this.#element = element;
    if (this.#formatting !== undefined) this.use(this.#formatting);
    this.#detach = new AbortController();
    const { signal } = this.#detach;
    const hold = (what: 'composition' | 'pointer') => () => this.#held.add(what);
    const release = (what: 'composition' | 'pointer') => () => this.#held.delete(what);
    element.addEventListener('compositionstart', hold('composition'), { signal });
    element.addEventListener('compositionupdate', hold('composition'), { signal });
    element.addEventListener('compositionend', release('composition'), { signal });
    element.addEventListener('pointerdown', hold('pointer'), { signal });
    window.addEventListener('pointerup', release('pointer'), { signal });
    window.addEventListener('pointercancel', release('pointer'), { signal });
    window.addEventListener('pagehide', () => this.flush(), { signal });

    if (!attached.has(element)) {
      attached.add(element);
      // A browser that does not know `plaintext-only` gets a rich contenteditable, which is read in the same way.
      if (element.contentEditable !== 'plaintext-only') element.contentEditable = 'true';
      if (earlier !== undefined && earlier.element !== element) adopt(element, earlier);
      if (!isBlank(element.textContent ?? '')) this.changed();
    }
  }

  /** Stops using the element. The message stays in the element, and `onChange` gets it if there was a change. */
  detach() {
    this.flush();
    this.#detach.abort();
    const html = this.getHTML();
    this.live?.editor.destroy();
    if (this.live !== undefined) {
      this.live = undefined;
      this.#show(html);
    }
    this.#element = undefined;
  }

  /** Makes the plain editor able to show and read formatting. */
  use(formatting: Formatting) {
    this.#formatting = formatting;
    this.#element?.classList.add(formatting.className);
  }

  /**
   * Lets TipTap take over, now or as soon as no word is being composed and no pointer is pressed.
   * @param takeOver makes the element a TipTap editor
   * @param onImagesLeftOut called when pictures were left out of a paste
   * @param done called once TipTap has taken over
   */
  handOver(takeOver: TakeOver, onImagesLeftOut: (count: number) => void, done: (live: LiveEditor) => void) {
    const element = this.#element;
    if (element === undefined || this.live !== undefined) return;
    if (this.#held.size > 0) {
      const again = new AbortController();
      const retry = () => {
        again.abort();
        setTimeout(() => this.handOver(takeOver, onImagesLeftOut, done));
      };
      const signal = AbortSignal.any([again.signal, this.#detach.signal]);
      for (const end of ['compositionend', 'pointerup', 'pointercancel'])
        window.addEventListener(end, retry, { signal });
      return;
    }
    const live = takeOver(element, { onUpdate: () => this.changed(), onImagesLeftOut });
    this.live = live;
    this.use(live.formatting);
    done(live);
  }

  /** Call this on each change of the message: `onChange` follows later. */
  changed() {
    this.#changedAt = performance.now();
    if (this.#timer !== undefined) return;
    this.#tellBy = this.#changedAt + Math.max(mostAfterKey, 100 * this.#tookMs);
    this.#timer = setTimeout(this.#rest, restAfterKey);
  }

  /** One timer serves many keys: to compare times is cheaper than to clear and set a timer for each key. */
  #rest = () => {
    const left = Math.min(this.#changedAt + restAfterKey, this.#tellBy) - performance.now();
    if (left > 0) this.#timer = setTimeout(this.#rest, left);
    else this.flush();
  };

  /** Calls `onChange` now, if the message has changed since the last call. */
  flush() {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const begun = performance.now();
    this.onChange(this.getHTML());
    this.#tookMs = performance.now() - begun;
  }

  /** The message as HTML; '' when it has no visible text. */
  getHTML(): string {
    return spaced(this.#read());
  }

  #read(): string {
    if (this.live !== undefined) return this.live.getHTML();
    const element = this.#element;
    if (element === undefined || isBlank(element.textContent ?? '')) return '';
    if (this.#formatting === undefined || !isFormatted(element)) return linesToHTML(readLines(element).lines);
    return this.#formatting.html(element);
  }

  /** Replaces the message, without a call of `onChange`. @throws when neither TipTap nor `use` has made formatting possible yet */
  setHTML(html: string) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.live !== undefined) this.live.setHTML(html);
    else this.#show(html);
  }

  focus() {
    if (this.live !== undefined) this.live.editor.view.focus();
    else this.#element?.focus();
  }

  #show(html: string) {
    const element = this.#element;
    if (element === undefined) return;
    if (this.#formatting === undefined) throw new Error('a message was set before the surface could show one');
    element.replaceChildren(this.#formatting.nodes(html));
    // Only a rich contenteditable keeps formatting while it is edited.
    if (isFormatted(element)) element.contentEditable = 'true';
  }
}

/** Puts text, selection and focus of an element that React has replaced into the new element. */
function adopt(element: HTMLElement, { element: source, focused, places }: Earlier) {
  const { lines, carets } = readLines(source, places);
  const text = lines.join('\n');
  if (text === '') {
    if (focused) element.focus();
    return;
  }
  const node = document.createTextNode(text.endsWith('\n') ? `${text}\n` : text);
  element.replaceChildren(node);
  if (!focused) return;
  element.focus();
  const [anchor = text.length, head = anchor] = carets.map(
    ({ line, column }) => lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + column,
  );
  document.getSelection()?.setBaseAndExtent(node, anchor, node, head);
}
