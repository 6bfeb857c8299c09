import type { LiveEditor, TakeOver } from './live-editor.ts';
import { isBlank, isFormatted, linesToHTML, type Place, readLines, spaced } from './plain.ts';

/**
 * How a formatted message is put into a plain contenteditable and read from it, and the class that gives it its looks. The code for
 * this is fetched only where there is such a message.
 */
export type Formatting = {
  className: string;
  nodes(html: string): DocumentFragment;
  html(element: HTMLElement): string;
};

/** How long after the last key the message is told, in ms: reading it on each key makes typing slow. */
const restAfterKey = 250;
/** While keys keep coming the message is told after this time, or after 100 times as long as telling takes: a long one more rarely. */
const mostAfterKey = 750;

/** Elements that an editor has had: their text belongs to it, and to no editor that comes after it. */
const attached = new WeakSet<Element>();

type Earlier = { element: HTMLElement; focused: boolean; places: Place[] };

/** A contenteditable of the page as it was served, which people may have typed into before the app took over. */
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
 * The place where a message is written: a plain contenteditable that serves from the first moment, which TipTap takes
 * over when it is there. Whichever of the two it is, the message is read, set and told here.
 */
export class Surface {
  /** told the message, 250 ms after the last key, now and then while keys keep coming, and when the text is left */
  onChange: (html: string) => void = () => undefined;
  live: LiveEditor | undefined;
  #formatting: Formatting | undefined;
  #element: HTMLElement | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changedAt = 0;
  #tellBy = 0;
  /** A guess at first: high enough that nothing is told while React is still taking over a page in which somebody types. */
  #tookMs = 20;
  /** while an input method composes or a pointer selects, nothing may be moved under its hands */
  #held = new Set<'composition' | 'pointer'>();
  #detach = new AbortController();

  /** Starts with `element`: what has been typed there stays; an empty one takes over `earlier`. */
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
      // Browsers that do not know `plaintext-only` fall back to a rich one, which is read just the same.
      if (element.contentEditable !== 'plaintext-only') element.contentEditable = 'true';
      if (earlier !== undefined && earlier.element !== element) adopt(element, earlier);
      if (!isBlank(element.textContent ?? '')) this.changed();
    }
  }

  /** Lets go of the element; the message stays in it, and is told if it has not been yet. */
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

  /** From now on the message can be formatted. */
  use(formatting: Formatting) {
    this.#formatting = formatting;
    this.#element?.classList.add(formatting.className);
  }

  /** Lets TipTap take over as soon as no composition and no pointer is in the way; `done` is called then. */
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

  /** Notes that the message has changed. */
  changed() {
    this.#changedAt = performance.now();
    if (this.#timer !== undefined) return;
    this.#tellBy = this.#changedAt + Math.max(mostAfterKey, 100 * this.#tookMs);
    this.#timer = setTimeout(this.#rest, restAfterKey);
  }

  /** One timer serves many keys: setting and clearing one for each costs more than looking at the clock. */
  #rest = () => {
    const left = Math.min(this.#changedAt + restAfterKey, this.#tellBy) - performance.now();
    if (left > 0) this.#timer = setTimeout(this.#rest, left);
    else this.flush();
  };

  /** Tells a change that has not been told yet. */
  flush() {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const begun = performance.now();
    this.onChange(this.getHTML());
    this.#tookMs = performance.now() - begun;
  }

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
    // Formatting can only be edited as such by a rich contenteditable.
    if (isFormatted(element)) element.contentEditable = 'true';
  }
}

/** Takes text, caret and focus over from an element that has been replaced. */
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
