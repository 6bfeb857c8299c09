import { startTransition, useEffect, useState, useSyncExternalStore } from 'react';

const never = () => () => undefined;

/**
 * Something that only the browser knows and that does not change, such as what kind of machine it is. The page is
 * rendered ahead, the same for everybody: until React has taken it over, `before` stands in.
 */
export const useBrowser = <T extends string | boolean>(read: () => T, before: T): T =>
  useSyncExternalStore(never, read, () => before);

export const isMac = () => /mac|iphone|ipad/i.test(navigator.userAgent);

/** Whether submitting was asked for before React had the form (`early.ts`); told once. */
export function askedBeforeReact(): boolean {
  const { dataset } = document.documentElement;
  const asked = 'asked' in dataset;
  delete dataset.asked;
  return asked;
}

/** Whether something stands in the form that is in the page, if one is. */
export function isTypedInto(): boolean {
  const form = document.forms.namedItem('new-ticket');
  return (
    form !== null &&
    [form.querySelector('[role=textbox]')?.textContent, ...new FormData(form).values()].some((text) => text !== '')
  );
}

/** How long after it could not be fetched the program of the form is asked for again. */
const againAfterMs = 5_000;

/** The program of the form, when it is there. Until then, however long that takes, the form takes what is typed. */
export function useFormProgram() {
  const [program, setProgram] = useState<Pick<typeof import('./new-ticket-program.tsx'), 'FormProgram'>>();
  useEffect(() => {
    let gone = false;
    let again: ReturnType<typeof setTimeout> | undefined;
    const load = () => {
      import('./new-ticket-program.tsx').then(
        ({ FormProgram }) => {
          // In pieces, between which keys are taken.
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
