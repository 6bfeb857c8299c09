// @vitest-environment happy-dom
import { act, createRef } from 'react';
import { createRoot, hydrateRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { Composer, type ComposerHandle } from './composer.tsx';
import { formatting } from './formatting.ts';

// The rich editor is tested in a real browser (e2e/). Here its chunk cannot be loaded, as after losing the network.
vi.mock('./tools.tsx', () => {
  throw new Error('offline');
});

let root: Root | undefined;
let host: HTMLElement;
const changes: string[] = [];
const submit = vi.fn();
const handle = createRef<ComposerHandle>();
const composer = (invalid = false) => (
  <Composer
    id="body"
    labelledBy="label"
    describedBy="error"
    invalid={invalid}
    onChange={(html) => changes.push(html)}
    onSubmitShortcut={submit}
    ref={handle}
  />
);
const textbox = () => {
  const element = host.querySelector<HTMLElement>('[role="textbox"]');
  if (element === null) throw new Error('no textbox');
  return element;
};
const type = (text: string) => {
  textbox().textContent = text;
  textbox().dispatchEvent(new InputEvent('input', { bubbles: true }));
};

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  changes.length = 0;
  submit.mockClear();
  host = document.createElement('div');
  document.body.append(host);
});
afterEach(async () => {
  await act(() => root?.unmount());
  host.remove();
  vi.useRealTimers();
});
const render = (element = composer()) =>
  act(() => {
    root = createRoot(host);
    root.render(element);
  });

test('it is a labelled multiline textbox at once', async () => {
  await render(composer(true));
  const box = textbox();
  expect(box.id).toBe('body');
  expect(box.getAttribute('aria-multiline')).toBe('true');
  expect(box.getAttribute('aria-labelledby')).toBe('label');
  expect(box.getAttribute('aria-describedby')).toBe('error');
  expect(box.getAttribute('aria-invalid')).toBe('true');
  expect(box.getAttribute('contenteditable')).not.toBeNull();
});

test('it tells the message 250 ms after the last key, and not before', async () => {
  await render();
  vi.useFakeTimers();
  type('one');
  vi.advanceTimersByTime(200);
  type('one\ntwo');
  vi.advanceTimersByTime(249);
  expect(changes).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(changes).toEqual(['<p>one</p><p>two</p>']);
});

test('it tells the message within two seconds while keys keep coming, and then within a second', async () => {
  await render();
  vi.useFakeTimers();
  let typed = '';
  const press = (keys: number) => {
    for (let key = 0; key < keys; key += 1) {
      typed += 'x';
      type(typed);
      vi.advanceTimersByTime(50);
    }
  };
  press(39);
  expect(changes).toEqual([]);
  press(1);
  expect(changes).toEqual([`<p>${typed}</p>`]);
  press(15);
  expect(changes.at(-1)).toBe(`<p>${typed}</p>`);
  expect(changes).toHaveLength(2);
});

test('the message can be read at every moment, and is empty while there is nothing to read', async () => {
  await render();
  expect(handle.current?.getHTML()).toBe('');
  type(' \n ');
  expect(handle.current?.getHTML()).toBe('');
  type('a <b>');
  expect(handle.current?.getHTML()).toBe('<p>a &lt;b&gt;</p>');
});

test('leaving the text tells what has not been told', async () => {
  await render();
  type('one');
  await act(() => textbox().dispatchEvent(new FocusEvent('focusout', { bubbles: true })));
  expect(changes).toEqual(['<p>one</p>']);
});

test('Ctrl+Enter tells the message, then files', async () => {
  await render();
  type('one');
  submit.mockImplementation(() => expect(changes).toEqual(['<p>one</p>']));
  const key = new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true });
  await act(() => textbox().dispatchEvent(key));
  expect(submit).toHaveBeenCalledTimes(1);
  expect(key.defaultPrevented).toBe(true);
});

test('a draft comes back with its formatting, before and without the rich editor', async () => {
  const draft = '<p>a <strong>b</strong></p><ul><li><p>c</p></li></ul>';
  await render();
  await act(() => {
    handle.current?.use(formatting);
    handle.current?.setHTML(draft);
  });
  expect(handle.current?.getHTML()).toBe(draft);
  expect(changes).toEqual([]);
  await act(() => handle.current?.setHTML('<p>x<script>1</script></p>'));
  expect(handle.current?.getHTML()).toBe('<p>x</p>');
});

test('what was typed into the page as it was served survives hydration', async () => {
  host.innerHTML = renderToString(composer());
  textbox().textContent = 'typed early\nand more';
  const before = textbox();
  const recovered = vi.fn();
  vi.useFakeTimers();
  await act(() => {
    root = hydrateRoot(host, composer(), { onRecoverableError: recovered });
  });
  expect(textbox()).toBe(before);
  expect(handle.current?.getHTML()).toBe('<p>typed early</p><p>and more</p>');
  vi.advanceTimersByTime(250);
  expect(changes).toEqual(['<p>typed early</p><p>and more</p>']);
  expect(recovered).not.toHaveBeenCalled();
});

test('an element of the served page that is replaced leaves its text behind', async () => {
  host.innerHTML = renderToString(composer());
  textbox().textContent = 'typed early';
  await render();
  expect(handle.current?.getHTML()).toBe('<p>typed early</p>');
});

test('the text of one editor never turns up in the next', async () => {
  await render();
  type('for the first account');
  await act(() => root?.render(<div key="other">{composer()}</div>));
  expect(handle.current?.getHTML()).toBe('');
});

test('without the rich editor it says so and goes on', async () => {
  await render();
  const note = () => host.querySelector('[role="status"]')?.textContent;
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false);
  await eventually(() => expect(note()).toContain('plain paragraphs'));
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  type('still here');
  expect(handle.current?.getHTML()).toBe('<p>still here</p>');
});
