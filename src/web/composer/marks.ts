import { Mark, markInputRule } from '@tiptap/react';

type PlainMark = {
  name: string;
  /** the tag that is written, then others that are read as this mark */
  tags: [string, ...string[]];
  /** a style that is read as this mark: a browser writes such styles into an editable element when lines are joined */
  style?: [property: string, value: RegExp];
  keys: string;
};

/** Makes a mark without attributes; `keys` is its keyboard shortcut. */
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

/**
 * Code within a line. The only mark with an input rule: text between backticks becomes code while one types. Rules for `**` or `_` would
 * change log lines and names such as `__init__`.
 */
const Code = plainMark({ name: 'code', tags: ['code'], keys: 'Mod-e' }).extend({
  code: true,
  excludes: '_',
  exitable: true,
  addInputRules() {
    return [markInputRule({ find: /(?<!`)`([^`]+)`$/, type: this.type })];
  },
});

/** The marks of a message, except for links (`link-mark.ts`). */
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
