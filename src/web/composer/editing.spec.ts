// @vitest-environment happy-dom
import { DOMParser } from '@tiptap/pm/model';
import { Editor } from '@tiptap/react';
import { afterEach, expect, test } from 'vitest';
import { insertRule, toggleCodeBlock, toggleHeading, toggleQuote } from './blocks.ts';
import { messageExtensions } from './extensions.ts';
import { toggleList } from './lists.ts';

let editor: Editor;
afterEach(() => editor.destroy());

/** Makes an editor with this message and puts the caret where `|` is. */
function edit(html: string): void {
  editor = new Editor({ element: document.createElement('div'), extensions: messageExtensions, injectCSS: false });
  const holder = document.createElement('div');
  holder.innerHTML = html;
  const { tr } = editor.state;
  tr.replaceWith(0, tr.doc.content.size, DOMParser.fromSchema(editor.schema).parse(holder).content);
  editor.view.dispatch(tr);
  editor.state.doc.descendants((node, at) => {
    const caret = node.text?.indexOf('|') ?? -1;
    if (caret < 0) return;
    editor.commands.deleteRange({ from: at + caret, to: at + caret + 1 });
    editor.commands.setTextSelection(at + caret);
  });
}
/** The message, with `|` where the caret is. */
const shown = () => {
  editor.view.dispatch(editor.state.tr.insertText('|'));
  return editor.getHTML();
};
const press = (keys: string) => {
  const event = new KeyboardEvent('keydown', {
    key: keys.split('-').at(-1) ?? '',
    ctrlKey: keys.startsWith('Mod-'),
    shiftKey: keys.startsWith('Shift-'),
  });
  editor.view.someProp('handleKeyDown', (handle) => handle(editor.view, event));
};
/** Types a character by way of ProseMirror's own input handling, so that input rules apply. */
const type = (text: string) => {
  const { from, to } = editor.state.selection;
  const insert = () => editor.state.tr.insertText(text, from, to);
  if (!editor.view.someProp('handleTextInput', (handle) => handle(editor.view, from, to, text, insert)))
    editor.view.dispatch(insert());
};

test.each([
  [
    'a quote is left by Backspace at its second line',
    '<blockquote><p>a</p><p>|b</p></blockquote>',
    'Backspace',
    '<blockquote><p>a</p></blockquote><p>|b</p>',
  ],
  [
    'a line after a quote joins it by Backspace',
    '<blockquote><p>a</p></blockquote><p>|b</p>',
    'Backspace',
    '<blockquote><p>a|b</p></blockquote>',
  ],
  ['an empty block of code goes by Backspace', '<p>a</p><pre><code>|</code></pre>', 'Backspace', '<p>a</p><p>|</p>'],
  [
    'a third Enter leaves a block of code',
    '<pre><code>a\n\n|</code></pre>',
    'Enter',
    '<pre><code>a</code></pre><p>|</p>',
  ],
  ['Enter in a block of code is a line', '<pre><code>a|</code></pre>', 'Enter', '<pre><code>a\n|</code></pre>'],
  [
    'arrow down leaves a block of code that is last',
    '<pre><code>a|</code></pre>',
    'ArrowDown',
    '<pre><code>a</code></pre><p>|</p>',
  ],
  [
    'arrow up makes a line before a block of code that is first',
    '<pre><code>|a</code></pre>',
    'ArrowUp',
    '<p>|</p><pre><code>a</code></pre>',
  ],
  ['Enter makes the next item', '<ul><li><p>a|</p></li></ul>', 'Enter', '<ul><li><p>a</p></li><li><p>|</p></li></ul>'],
  [
    'an item is indented',
    '<ol><li><p>a</p></li><li><p>|b</p></li></ol>',
    'Mod-]',
    '<ol><li><p>a</p><ol><li><p>|b</p></li></ol></li></ol>',
  ],
  [
    'and outdented',
    '<ul><li><p>a</p><ul><li><p>|b</p></li></ul></li></ul>',
    'Mod-[',
    '<ul><li><p>a</p></li><li><p>|b</p></li></ul>',
  ],
  [
    'Delete before a list with lists of its own keeps what is in them',
    '<ul><li><p>a|</p><ul><li><p>b</p><ul><li><p>c</p></li></ul></li></ul></li></ul>',
    'Delete',
    '<ul><li><p>a|</p></li><li><p>b</p><ul><li><p>c</p></li></ul></li></ul>',
  ],
  [
    'a break is a break, and marks go on',
    '<p><strong>a|</strong></p>',
    'Shift-Enter',
    '<p><strong>a</strong><br><strong>|</strong></p>',
  ],
  ['code is left by the arrow', '<p><code>a|</code></p>', 'ArrowRight', '<p><code>a</code> |</p>'],
])('%s', (_, before, key, after) => {
  edit(before);
  press(key);
  expect(shown()).toBe(after);
});

test.each([
  ['##', ' ', '<h2>|</h2>'],
  ['###', ' ', '<h3>|</h3>'],
  ['-', ' ', '<ul><li><p>|</p></li></ul>'],
  ['1.', ' ', '<ol><li><p>|</p></li></ol>'],
  ['2.', ' ', '<p>2. |</p>'],
  ['>', ' ', '<blockquote><p>|</p></blockquote>'],
  ['```', ' ', '<pre><code>|</code></pre>'],
  ['~~~js', ' ', '<pre><code>|</code></pre>'],
  ['--', '-', '<hr><p>|</p>'],
  ['a `b', '`', '<p>a <code>b</code>|</p>'],
  ['a ``b', '`', '<p>a ``b`|</p>'],
  ['__a_', '_', '<p>__a__|</p>'],
  ['**a*', '*', '<p>**a**|</p>'],
])('%s and then “%s”', (before, typed, after) => {
  edit(`<p>${before}|</p>`);
  type(typed);
  expect(shown()).toBe(after);
});

test.each([
  ['a heading', () => toggleHeading(editor, 3), '<h3>a|</h3>'],
  ['a list', () => toggleList(editor, 'orderedList'), '<ol><li><p>a|</p></li></ol>'],
  ['code', () => toggleCodeBlock(editor), '<pre><code>a|</code></pre>'],
  ['a quote', () => toggleQuote(editor), '<blockquote><p>a|</p></blockquote>'],
])('%s is made, and taken away again', (_, toggle, made) => {
  edit('<p>a|</p>');
  toggle();
  expect(editor.getHTML()).toBe(made.replace('|', ''));
  toggle();
  expect(shown()).toBe('<p>a|</p>');
});

test('a quote is taken away when everything is selected', () => {
  edit('<blockquote><p>a</p><p>b</p></blockquote>');
  editor.commands.selectAll();
  toggleQuote(editor);
  expect(editor.getHTML()).toBe('<p>a</p><p>b</p>');
});

test('a rule stands where the caret was, and one writes on below it', () => {
  edit('<p>a|</p>');
  insertRule(editor);
  expect(shown()).toBe('<p>a</p><hr><p>|</p>');
});
