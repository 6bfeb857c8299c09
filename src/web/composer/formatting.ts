import { parseInert } from './inert.ts';
import content from './message.module.css';
import { shape } from './shape.ts';
import type { Formatting } from './surface.ts';

/** Puts formatted messages into the plain editor and reads them from it (see `Formatting`). */
export const formatting: Formatting = {
  className: content.content ?? '',
  nodes: (html) => shape(parseInert(html), { keepSpaces: true }),
  html(element) {
    const holder = document.createElement('div');
    holder.append(shape(element, { keepSpaces: true }));
    return holder.innerHTML;
  },
};
