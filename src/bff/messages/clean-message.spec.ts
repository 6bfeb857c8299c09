import fc from 'fast-check';
import { Window } from 'happy-dom';
import type { Element, Root } from 'hast';
import rehypeParse from 'rehype-parse';
import { unified } from 'unified';
import { afterAll, describe, expect, it } from 'vitest';
import {
  countBytes,
  messageFault,
  messageLimits,
  messageLink,
  messageLinkProtocols,
  messageLinkRel,
  messageTags,
} from '../../contract/message.ts';
import { busyMs } from '../testing/busy.ts';
import { readCanonical } from './canonical.ts';
import { cleanMessage, sanitise } from './clean-message.ts';
import { costly, hostile } from './fixtures/hostile.ts';

const cleaned = (html: string): string => {
  const result = cleanMessage(html);
  if (!result.ok) throw new Error(`refused: ${result.fault}`);
  return result.html;
};
const link = (href: string, text: string) => `<a href="${href}" rel="${messageLinkRel}">${text}</a>`;

// The judges share nothing with the cleaner but the contract.
const window = new Window({ settings: { disableJavaScriptEvaluation: true } });
afterAll(() => window.happyDOM.close());
const parser = unified().use(rehypeParse, { fragment: true });

type Seen = { tag: string; attributes: Record<string, string | null> };
const throughParse5 = (html: string): Seen[] => {
  const walk = (node: Root | Element): Seen[] =>
    node.children.flatMap((child) => {
      if (child.type === 'text') return [];
      if (child.type !== 'element') return [{ tag: child.type, attributes: {} }];
      const attributes = Object.fromEntries(
        Object.entries(child.properties).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(' ') : String(value),
        ]),
      );
      return [{ tag: child.tagName, attributes }, ...walk(child)];
    });
  return walk(parser.parse(html));
};
const throughHappyDOM = (html: string): Seen[] => {
  const place = window.document.createElement('div');
  place.innerHTML = html;
  return [...place.querySelectorAll('*')].map((node) => ({
    tag: node.tagName.toLowerCase(),
    attributes: Object.fromEntries(node.getAttributeNames().map((name) => [name, node.getAttribute(name)])),
  }));
};
/** Everything in a piece of HTML that a message may not hold. */
const trespasses = (html: string): string[] =>
  [...throughParse5(html), ...throughHappyDOM(html)].flatMap(({ tag, attributes }) => {
    if (!messageTags.some((allowed) => allowed === tag)) return [`<${tag}>`];
    const { href, rel, ...others } = attributes;
    const found = Object.keys(others).map((name) => `<${tag} ${name}>`);
    if (tag !== 'a') return [...found, ...[href, rel].flatMap((value) => (value === undefined ? [] : [String(value)]))];
    if (rel !== messageLinkRel) found.push(`rel=${rel}`);
    if (typeof href !== 'string' || !URL.canParse(href)) return [...found, `href=${href}`];
    const { protocol, username, password } = new URL(href);
    if (!messageLinkProtocols.some((allowed) => allowed === protocol)) found.push(`href=${href}`);
    if (username !== '' || password !== '') found.push(`href=${href}`);
    return found;
  });
const textOf = (html: string): string => {
  const walk = (node: Root | Element): string =>
    node.children
      .map((child) => (child.type === 'text' ? child.value : child.type === 'element' ? walk(child) : ''))
      .join('');
  return walk(parser.parse(html));
};

/** Documents as the editor writes them. */
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .map((value) => value.replace(/[\r\0]/g, ' ').replace(/^\n/, ' '))
  .map((value) => value.replace(/[&<>\u00a0]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? '&nbsp;'));
const someText = fc.oneof(
  text,
  fc.constantFrom(
    'a &lt; b',
    '&amp;amp;',
    'x&nbsp;y',
    '“Zahlung” fehlt — 支払い',
    '👩‍👩‍👧 e\u0301',
    '\'"`',
    '$1,000.00 ',
  ),
);
const href = fc
  .oneof(
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.constantFrom(
      'https://moov.io/a?b=1&c=2#d',
      'mailto:help@example.com?subject=a%20b',
      'tel:+15551234',
      "http://x.y/it's",
    ),
  )
  .map((value) => messageLink(value))
  .filter((value) => value !== undefined)
  .map((value) => value.replaceAll('&', '&amp;'));
const formatted = fc
  .tuple(someText, fc.subarray(['strong', 'em', 'u', 's', 'code']), fc.option(href, { nil: undefined, freq: 4 }))
  .map(([inner, names, target]) => {
    const marked = names.reduce((html, name) => `<${name}>${html}</${name}>`, inner);
    return target === undefined ? marked : link(target, marked);
  });
const line = fc
  .array(fc.oneof({ weight: 5, arbitrary: formatted }, { weight: 1, arbitrary: fc.constant('<br>') }), { maxLength: 4 })
  .map((parts) => parts.join(''));
const { block: editorBlock } = fc.letrec<{ block: string; item: string }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    line.map((inner) => `<p>${inner}</p>`),
    line.map((inner) => `<h2>${inner}</h2>`),
    line.map((inner) => `<h3>${inner}</h3>`),
    someText.map((inner) => `<pre><code>${inner}\n  indented\n</code></pre>`),
    fc.constant('<hr>'),
    fc.array(tie('block'), { minLength: 1, maxLength: 3 }).map((inner) => `<blockquote>${inner.join('')}</blockquote>`),
    fc.array(tie('item'), { minLength: 1, maxLength: 3 }).map((inner) => `<ul>${inner.join('')}</ul>`),
    fc.array(tie('item'), { minLength: 1, maxLength: 3 }).map((inner) => `<ol>${inner.join('')}</ol>`),
  ),
  item: fc
    .tuple(line, fc.array(tie('block'), { maxLength: 2 }))
    .map(([inner, more]) => `<li><p>${inner}</p>${more.join('')}</li>`),
}));
const editorDocument = fc
  .array(editorBlock, { maxLength: 6 })
  .map((parts) => `${parts.join('')}<p>That is all.</p>`)
  .filter((html) => messageFault(html) === undefined);

/** Soup of everything a message may and may not hold, well nested or not. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(...messageTags).chain((tag) => fc.constantFrom(`<${tag}>`, `</${tag}>`)),
      fc
        .constantFrom(
          ...'b i del h1 h5 div span table tr td th tbody caption button form select option svg math title template style'.split(
            ' ',
          ),
          ...'script noscript iframe textarea center font nobr section dl dt dd col frameset body html head image'.split(
            ' ',
          ),
        )
        .chain((tag) => fc.constantFrom(`<${tag}>`, `</${tag}>`, `<${tag} onclick=x href=javascript:x>`)),
      fc.constantFrom(...hostile),
      fc.constantFrom(
        '<a href="https://x.y/?a&b">',
        '<a href=x>',
        '<!--',
        '-->',
        '\n',
        ' ',
        '&nbsp;',
        '&#13;',
        '<',
        '>',
        '"',
        '<p ',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
      someText,
    ),
    { maxLength: 25 },
  )
  .map((parts) => parts.join(''));

describe('a message written in the editor', () => {
  it('is sent exactly as it was written', () => {
    fc.assert(
      fc.property(editorDocument, (html) => {
        expect(cleaned(html)).toBe(html);
      }),
      { numRuns: 400 },
    );
  });

  it('would come out of the parser exactly the same', () => {
    fc.assert(
      fc.property(editorDocument, (html) => {
        expect(sanitise(html)).toEqual({ ok: true, html });
      }),
      { numRuns: 200 },
    );
  });

  it('keeps each allowed piece of formatting', () => {
    const document =
      '<h2>Title</h2><h3>Part</h3><p><strong>b</strong><em>i</em><u>u</u><s>s</s><code>c</code><br>x</p>' +
      '<pre><code>\n  code &lt;b&gt;\n</code></pre><ul><li><p>one</p><ol><li><p>two</p></li></ol></li></ul>' +
      `<blockquote><p>quoted</p></blockquote><hr><p>${link('https://moov.io/?a=1&amp;b=2', '<strong>link</strong>')}&nbsp;</p>`;
    expect(cleaned(document)).toBe(document);
    expect(sanitise(document)).toEqual({ ok: true, html: document });
    for (const tag of messageTags) expect(document, tag).toContain(`<${tag}`);
  });

  it.each([
    '<p></p>',
    '',
    ' \n ',
    '<p>&nbsp;</p><p><br></p>',
    '<hr>',
    '<ul><li><p></p></li></ul>',
    '<p>\u200b</p>',
    '<b> </b>',
  ])('counts as missing when there is nothing to read in it: %j', (html) => {
    expect(cleanMessage(html)).toEqual({ ok: false, fault: messageLimits.empty });
  });
});

describe('hostile HTML', () => {
  it('is collected in good number', () => {
    expect(new Set(hostile).size).toBeGreaterThan(250);
    expect(hostile.filter((html) => trespasses(html).length > 0).length).toBeGreaterThan(150);
  });

  it.each(hostile)('never passes: %j', (html) => {
    const once = cleanMessage(html);
    if (!once.ok) {
      expect(once.fault).toBe(messageLimits.empty);
      return;
    }
    expect(trespasses(once.html)).toEqual([]);
    expect(once.html).not.toMatch(/<(?!\/?[a-z])|javascript:[^<]*"/i);
    expect(cleanMessage(once.html)).toEqual(once);
    expect(sanitise(once.html)).toEqual(once);
  });

  it('never passes in any mixture, and cleaning twice is cleaning once', () => {
    fc.assert(
      fc.property(soup, (html) => {
        const once = cleanMessage(html);
        if (!once.ok) return;
        expect(trespasses(once.html)).toEqual([]);
        expect(cleanMessage(once.html)).toEqual(once);
        if (messageFault(once.html) === undefined) expect(sanitise(once.html)).toEqual(once);
      }),
      { numRuns: 1500 },
    );
  });

  it('is readable after all: no mixture within the caps is refused as unreadable', () => {
    fc.assert(
      fc.property(soup, (html) => {
        const result = cleanMessage(html);
        expect(result.ok ? undefined : result.fault).not.toBe(messageLimits.unreadable);
      }),
      { numRuns: 1500 },
    );
  });

  it('can only be accepted unparsed where a parser agrees to the letter', () => {
    fc.assert(
      fc.property(soup, (html) => {
        fc.pre(html.isWellFormed() && messageFault(html) === undefined && readCanonical(html)?.ink === true);
        expect(sanitise(html)).toEqual({ ok: true, html });
      }),
      { numRuns: 300, maxSkipsPerRun: 1000 },
    );
  });
});

describe('HTML of other programs', () => {
  it.each([
    ['hello', 'hello'],
    ['<b>b</b><i>i</i><del>d</del><strike>s</strike>', '<strong>b</strong><em>i</em><s>d</s><s>s</s>'],
    ['<h1>1</h1><h4>4</h4><h6>6</h6>', '<h2>1</h2><h3>4</h3><h3>6</h3>'],
    ['<div>one</div><div>two</div>', '<p>one</p><p>two</p>'],
    ['<div>one<div>two</div>three</div>', '<p>one</p><p>two</p><p>three</p>'],
    ['<div><p>a</p>b</div><div>c<p>d</p></div>', '<p>a</p><p>b</p><p>c</p><p>d</p>'],
    ['<span style="color:red">red</span> text', 'red text'],
    ['<ul><li>a</li><ul><li>b</li></ul></ul>', '<ul><li>a<ul><li>b</li></ul></li></ul>'],
    ['<ul>\n<li>a</li>\n</ul>', '<ul>\n<li>a</li>\n</ul>'],
    ['<b style="font-weight:normal"><p>a</p><p>b</p></b>', '<p><strong>a</strong></p><p><strong>b</strong></p>'],
    ['<a href="https://x.y"><h3>a</h3></a>', `<h3>${link('https://x.y/', 'a')}</h3>`],
    ['<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>', '<p>1 | 2</p><p>3 | 4</p>'],
    ['<table><tr><td><p>1</p></td><td><p>2</p></td></tr></table>', '<p>1</p><p>2</p>'],
    ['<p class="MsoNormal">a<o:p></o:p></p>', '<p>a</p>'],
    ['<p>a</p>\r\n<p>b</p>', '<p>a</p>\n<p>b</p>'],
    ['<p>it&#39;s &quot;x&quot; &eacute; > &nbsp;</p>', '<p>it\'s "x" é &gt; &nbsp;</p>'],
    ['<pre>\n\ntwo lines</pre>', '<pre>\n\ntwo lines</pre>'],
    ['<pre>\none line</pre>', '<pre>one line</pre>'],
    ['<strong>a<strong>b</strong></strong>', '<strong>ab</strong>'],
    ['<p>x<script>alert(1)</script>y<svg><text>z</text></svg></p>', '<p>xy</p>'],
    ['<a href="HTTPS://Example.COM/it\'s?a=1&b=2">x</a>', link("https://example.com/it's?a=1&amp;b=2", 'x')],
    ['<a href="https://x.y/" rel="author" target="_blank">x</a>', link('https://x.y/', 'x')],
    ['<a href="/path">x</a> <a name=y>z</a>', 'x z'],
    ['<a href="tel:+1 555">x</a>', link('tel:+1 555', 'x')],
    ['\ud83d lone', '\ufffd lone'],
  ])('%j is sent as %j', (html, expected) => {
    expect(cleanMessage(html)).toEqual({ ok: true, html: expected });
  });

  it('loses none of the words of a message that holds only what is allowed, however it is nested', () => {
    const tags = fc.array(
      fc.oneof(
        fc.constantFrom(...messageTags.map((tag) => `<${tag}>`), '<div>', '<b>', '</p>', '</strong>', '</li>', '</ul>'),
        fc.constantFrom('one', 'two ', 'drei'),
      ),
      { maxLength: 30 },
    );
    const words = (html: string) => textOf(html).replace(/\s/g, '');
    fc.assert(
      fc.property(tags, (parts) => {
        const html = `x${parts.join('')}`;
        expect(words(cleaned(html))).toBe(words(html));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a message too large to read safely', () => {
  it.each([
    ['64 KB and a byte', 'x'.repeat(messageLimits.bytes + 1), messageLimits.tooLong],
    ['64 KB counted in bytes, not characters', '€'.repeat(22_000), messageLimits.tooLong],
    ['3,001 tags', `x${'<br>'.repeat(3001)}`, messageLimits.tooManyTags],
    ['quotes 65 deep', `${'<blockquote>'.repeat(65)}x`, messageLimits.tooDeep],
    ['65 deep and closed', `${'<blockquote>'.repeat(65)}x${'</blockquote>'.repeat(65)}`, messageLimits.tooDeep],
    ['signs whose escapes outgrow the limit', `<p>${'<'.repeat(65_000)}</p>`, messageLimits.tooLong],
    ['spaces whose escapes outgrow the limit', `x${'\u00a0'.repeat(30_000)}`, messageLimits.tooLong],
  ])('is refused with a sentence that says so: %s', (_name, html, fault) => {
    expect(cleanMessage(html)).toEqual({ ok: false, fault });
  });

  it('passes at the very limits', () => {
    expect(cleanMessage('x'.repeat(messageLimits.bytes)).ok).toBe(true);
    expect(cleanMessage(`x${'<br>'.repeat(messageLimits.tags)}`).ok).toBe(true);
    const deepest = `${'<blockquote>'.repeat(64)}x${'</blockquote>'.repeat(64)}`;
    expect(cleanMessage(deepest)).toEqual({ ok: true, html: deepest });
  });

  it.each(Object.entries(costly))('takes under half a second at its worst: %s', (_name, html) => {
    expect(countBytes(html)).toBeLessThanOrEqual(messageLimits.bytes);
    const start = process.threadCpuUsage();
    const result = cleanMessage(html);
    expect(busyMs(start)).toBeLessThan(500);
    if (result.ok) expect(readCanonical(result.html)).toEqual({ ink: true });
  });

  it.each(['<b>', '<blockquote>', '<ul><li>', '<table><b>'])(
    'is refused at once when 100,000 of %s are nested',
    (tags) => {
      const start = process.threadCpuUsage();
      expect(cleanMessage(tags.repeat(100_000)).ok).toBe(false);
      expect(busyMs(start)).toBeLessThan(100);
    },
  );
});
