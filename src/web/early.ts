/*
 * What must work even if the portal's program does not come: a program of its own, so small that it is there at once. It asks again
 * for a program or styles that could not be fetched, while all that was typed stays in the page. It notes that a ticket was submitted
 * before React was there, so that the form can file it.
 */
import { fetchStylesAgain } from './ui/styles.ts';
import { earlyWords } from './words/early.ts';

const againAfterMs = 2_000;
const { dataset } = document.documentElement;
// Where not even this program comes, this is missing, and the styles show after a while that the form is incomplete.
dataset.early = '';

function begin() {
  if ('program' in dataset) return;
  dataset.stalled = 'form';
  const root = document.getElementById('root');
  // The form has a place where this is said; any other page has nothing in it yet.
  if (root?.firstElementChild === null) {
    dataset.stalled = 'page';
    root.textContent = earlyWords.stalled;
  }
  const src = document.querySelector<HTMLScriptElement>('script[type=module]:not([async])')?.src ?? '';
  import(/* @vite-ignore */ src).catch(() => elsewhere(src)).catch(() => setTimeout(begin, againAfterMs));
}

let times = 0;
/**
 * Firefox keeps in mind for as long as a page is open that an address gave no program, and never asks for it again. In a folder of
 * another name, which is the same to the portal, all that the program imports has another address as well.
 */
const elsewhere = (src: string) =>
  'program' in dataset ? undefined : import(/* @vite-ignore */ src.replace('/assets/', `/assets/again-${++times}/`));

const dress = () => fetchStylesAgain(() => setTimeout(dress, againAfterMs));

/** Once the page has loaded, program and styles are there, or will not come by themselves. */
function complete() {
  begin();
  dress();
}
if (document.readyState === 'complete') complete();
else addEventListener('load', complete);

addEventListener('submit', ({ target, defaultPrevented }) => {
  if (!defaultPrevented && target instanceof HTMLFormElement && target.name === 'new-ticket') dataset.asked = '';
});
