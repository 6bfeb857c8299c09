import { Mark, markInputRule } from '@tiptap/react';

type PlainMark = {
  name: string;
  /** the tag that is written, then others that are read as the same */
  tags: [string, ...string[]];
  /** a style that is read as the same, as an editable element makes it when lines are joined */
  style?: [property: string, value: RegExp];
  keys: string;
};

/** A mark without attributes. */
const plainMark = ({ name, tags, style, keys }: PlainMark) =>
  Mark.create({
    name,
    parseHTML: () => [
      ...tags.map((tag) => ({ tag })),
      ...(style === undefined
        ? []
        : [
            {
              style: style[0],
              consuming: false,
              getAttrs: (value: string) => style[1].test(value) && null,
            },
          ]),
    ],
    renderHTML: () => [tags[0], 0],
    addKeyboardShortcuts() {
      return { [keys]: () => this.editor.commands.toggleMark(name) };
    },
  });

/** Rules that make marks of `**` or `_` while one types would spoil log lines (`__init__`): only `code` has one. */
const Code = plainMark({ name: 'code', tags: ['code'], keys: 'Mod-e' }).extend({
  code: true,
  excludes: '_',
  exitable: true,
  addInputRules() {
    return [markInputRule({ find: /(?<!`)`([^`]+)`$/, type: this.type })];
  },
});

/** What the words of a message can be marked as, but for links. */
export const messageMarks = [
  plainMark({
    name: 'bold',
    tags: ['strong', 'b'],
    style: ['font-weight', /^(bold(er)?|[5-9]\d{2,})$/],
    keys: 'Mod-b',
  }),
  plainMark({ name: 'italic', tags: ['em', 'i'], style: ['font-style', /^italic$/], keys: 'Mod-i' }),
  plainMark({ name: 'underline', tags: ['u'], style: ['text-decoration', /underline/], keys: 'Mod-u' }),
  plainMark({
    name: 'strike',
    tags: ['s', 'del', 'strike'],
    style: ['text-decoration', /line-through/],
    keys: 'Mod-Shift-s',
  }),
  Code,
];
