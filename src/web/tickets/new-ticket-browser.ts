import { startTransition, useEffect, useState, useSyncExternalStore } from 'react';

const never = () => () => undefined;

/**
 * Gives something that only the browser knows and that does not change, such as the kind of machine. The page's HTML is the same for
 * everybody, so until React has hydrated it this gives `before`.
 */
export const useBrowser = <T extends string | boolean>(read: () => T, before: T): T =>
  useSyncExternalStore(never, read, () => before);

export const isMac = () => /mac|iphone|ipad/i.test(navigator.userAgent);

/** Whether the person submitted the form before React had it, as noted by `early.ts`. Gives true only once. */
export function askedBeforeReact(): boolean {
  const { dataset } = document.documentElement;
  const asked = 'asked' in dataset;
  delete dataset.asked;
  return asked;
}

/** Whether the page has the new-ticket form, and any of its fields holds text. */
export function isTypedInto(): boolean {
  const form = document.forms.namedItem('new-ticket');
  return (
    form !== null &&
    [form.querySelector('[role=textbox]')?.textContent, ...new FormData(form).values()].some((text) => text !== '')
  );
}

/** The pause after which loading the form's program is tried again. */
const againAfterMs = 5_000;

/**
 * Loads the program of the form (`new-ticket-program.tsx`), and tries again until that works. The form can be typed into meanwhile.
 * @returns the component `FormProgram`, undefined until it is loaded
 */
export function useFormProgram() {
  const [program, setProgram] = useState<Pick<typeof import('./new-ticket-program.tsx'), 'FormProgram'>>();
  useEffect(() => {
    let gone = false;
    let again: ReturnType<typeof setTimeout> | undefined;
    const load = () => {
      import('./new-ticket-program.tsx').then(
        ({ FormProgram }) => {
          // React renders a transition in pieces, so that keys are handled in between.
          if (!gone) startTransition(() => setProgram({ FormProgram }));
        },
        () => {
          if (!gone) again = setTimeout(load, againAfterMs);
        },
      );
    };
    load();
    return () => {
      gone = true;
      clearTimeout(again);
    };
  }, []);
  return program?.FormProgram;
}
