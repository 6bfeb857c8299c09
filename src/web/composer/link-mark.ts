import { Mark } from '@tiptap/react';
import { messageLink, messageLinkRel } from '../../contract/message.ts';

/** A link as `contract/message` allows it: a checked, absolute address and the fixed `rel`. Typed addresses do not become links. */
export const LinkMark = Mark.create({
  name: 'link',
  priority: 1000,
  inclusive: false,
  addAttributes() {
    return { href: { default: null } };
  },
  parseHTML() {
    return [
      {
        tag: 'a[href]',
        getAttrs: (element) => {
          const href = messageLink(element.getAttribute('href') ?? '');
          return href === undefined ? false : { href };
        },
      },
    ];
  },
  renderHTML({ mark }) {
    return ['a', { href: String(mark.attrs.href), rel: messageLinkRel }, 0];
  },
});

/**
 * The address that a person meant. Adds the scheme if they left it out: `https:` to `example.com`, `mailto:` to `name@example.com`, `tel:`
 * to a number that begins with `+`.
 * @returns the whole address, or undefined when a message may not link to it
 */
export function meantLink(typed: string): string | undefined {
  const text = typed.trim();
  if (text === '' || /\s/.test(text)) return undefined;
  if (/^[^\s@/:]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return messageLink(`mailto:${text}`);
  if (/^\+[\d().-]{5,}$/.test(text)) return messageLink(`tel:${text}`);
  return (
    messageLink(text) ??
    (/^[^\s:/]+\.[^\s:/]{2,}(:\d+)?([/?#]|$)/.test(text) ? messageLink(`https://${text}`) : undefined)
  );
}
