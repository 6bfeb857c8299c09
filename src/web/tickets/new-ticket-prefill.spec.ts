import { describe, expect, test } from 'vitest';
import { prefillOf } from './new-ticket-prefill.ts';

describe('a link that fills in the form', () => {
  test('fills in title, reference and contact email, with or without the question mark', () => {
    const filled = { title: 'Order 17', foreignID: 'o-17', 'contact.email': 'a@b.example' };
    expect(prefillOf('?title=Order+17&foreignID=o-17&email=a%40b.example')).toEqual(filled);
    expect(prefillOf('title=Order+17&foreignID=o-17&email=a%40b.example')).toEqual(filled);
  });

  test('fills in nothing else', () => {
    expect(prefillOf('?body=%3Cp%3EHi%3C%2Fp%3E&author=Eve&submit=1&__proto__=x&title=')).toEqual({});
  });

  test('HTML in it stays text', () => {
    expect(prefillOf('?title=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E').title).toBe('<img src=x onerror=alert(1)>');
  });

  test('is cut to what the form takes, without cutting a character in half', () => {
    const filled = prefillOf(`?title=x${encodeURIComponent('😀'.repeat(1200))}&email=${'a'.repeat(500)}`);
    expect(filled.title).toHaveLength(999);
    expect(filled.title?.isWellFormed()).toBe(true);
    expect(filled['contact.email']).toHaveLength(320);
  });

  test('brings no line breaks, control characters or marks that turn the reading order', () => {
    expect(prefillOf('?title=Pay%0D%0Aout%00%E2%80%AEfdp.exe%E2%80%8B').title).toBe('Pay out fdp.exe');
  });
});
