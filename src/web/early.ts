/*
 * A program of its own for what cannot wait for the portal's, and so small that it is there at once. A program or styles that could
 * not be fetched are asked for again until they are there, while all that was typed stands in the page. A ticket that is submitted before
 * anybody can file it is noted, and filed when somebody can.
 */
import { fetchStylesAgain } from './ui/styles.ts';
import { earlyWords } from './words/early.ts';

const againAfterMs = 2_000;
const { dataset } = document.documentElement;
// Else the form says by its looks alone, after a while, that nothing has come.
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
  const program = document.querySelector<HTMLScriptElement>('script[type=module]:not([async])');
  import(/* @vite-ignore */ program?.src ?? '').catch(() => setTimeout(begin, againAfterMs));
}

const dress = () => fetchStylesAgain(() => setTimeout(dress, againAfterMs));

/** By the time that the page has loaded both have come, or will not by themselves. */
function complete() {
  begin();
  dress();
}
if (document.readyState === 'complete') complete();
else addEventListener('load', complete);

addEventListener('submit', ({ target, defaultPrevented }) => {
  if (!defaultPrevented && target instanceof HTMLFormElement && target.name === 'new-ticket') dataset.asked = '';
});
