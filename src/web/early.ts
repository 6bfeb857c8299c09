/*
 * A small program of its own, which must work even if the portal's main program does not arrive. It is so small that it is there at
 * once. It does two things:
 * - It loads the main program or the styles again when they could not be fetched. What was typed stays in the page meanwhile.
 * - It notes that the person submitted the form before React was there (`data-asked` on `<html>`), so that the form can file it later.
 */
import { fetchStylesAgain } from './ui/styles.ts';
import { earlyWords } from './words/early.ts';

const againAfterMs = 2_000;
const { dataset } = document.documentElement;
// If not even this program arrives, `data-early` is missing, and after a while the CSS shows that the form is incomplete
// (new-ticket-form.module.css).
dataset.early = '';

/** Loads the main program again, until it has started (`main.tsx` then sets `data-program`), and says meanwhile that it is missing. */
function begin() {
  if ('program' in dataset) return;
  dataset.stalled = 'form';
  const root = document.getElementById('root');
  // The form has a place of its own for this message, shown by CSS. Any other page is still empty.
  if (root?.firstElementChild === null) {
    dataset.stalled = 'page';
    root.textContent = earlyWords.stalled;
  }
  const src = document.querySelector<HTMLScriptElement>('script[type=module]:not([async])')?.src ?? '';
  import(/* @vite-ignore */ src).catch(() => elsewhere(src)).catch(() => setTimeout(begin, againAfterMs));
}

let times = 0;
/**
 * Loads the main program from another address, if it is still missing. Firefox remembers for as long as a page is open that an address
 * gave no program, and never requests that address again. The portal serves `/assets/again-<number>/` as another name of `/assets/`
 * (src/bff/guard/static.ts). Imports are relative, so everything that the program imports gets a new address too.
 */
const elsewhere = (src: string) =>
  'program' in dataset ? undefined : import(/* @vite-ignore */ src.replace('/assets/', `/assets/again-${++times}/`));

const dress = () => fetchStylesAgain(() => setTimeout(dress, againAfterMs));

/** Runs after the `load` event: whatever is not there by then will not come without another request. */
function complete() {
  begin();
  dress();
}
if (document.readyState === 'complete') complete();
else addEventListener('load', complete);

addEventListener('submit', ({ target, defaultPrevented }) => {
  if (!defaultPrevented && target instanceof HTMLFormElement && target.name === 'new-ticket') dataset.asked = '';
});
