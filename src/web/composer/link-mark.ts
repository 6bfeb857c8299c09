import { Mark } from '@tiptap/react';
import { messageLink, messageLinkRel } from '../../contract/message.ts';

/** A link as `contract/message` has it: a checked, absolute address and the fixed `rel`; nothing is linked by itself. */
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
 * What a person meant by an address: as it stands, or with the scheme that they left out (`example.com`,
 * `name@example.com`). Undefined when a message may not hold it.
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
