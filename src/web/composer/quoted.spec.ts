// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { busyMs } from '../../bff/testing/busy.ts';
import { parseInert } from './inert.ts';
import { wrapQuotedHistory } from './quoted.ts';

const folded = (html: string) => {
  const body = parseInert(html);
  return [...wrapQuotedHistory(body)].map((wrap) => (wrap.textContent ?? '').replace(/\s+/g, ' ').trim());
};

test.each([
  [
    'Gmail',
    '<div dir="ltr">Answer</div><br><div class="gmail_quote"><div class="gmail_attr">On Tue, Mel wrote:<br></div><blockquote class="gmail_quote">Old</blockquote></div>',
    'On Tue, Mel wrote:Old',
  ],
  [
    'Outlook on a desk',
    '<div><p>Answer</p><div><div style="border-top:solid"><p><b>From:</b> Mel<br><b>Sent:</b> Tue<br><b>To:</b> Us<br><b>Subject:</b> X</p></div></div><p>Old</p></div>',
    'From: MelSent: TueTo: UsSubject: XOld',
  ],
  [
    'Outlook on the web',
    '<div>Answer</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: Mel</div><div>Old</div>',
    'From: MelOld',
  ],
  [
    'Apple Mail',
    'Answer<br><blockquote type="cite"><div>On 12 May, Mel wrote:</div>Old</blockquote>',
    'On 12 May, Mel wrote:Old',
  ],
  [
    'Thunderbird',
    '<p>Answer</p><div class="moz-cite-prefix">On 12/05 Mel wrote:<br></div> <blockquote type="cite"><p>Old</p></blockquote>',
    'On 12/05 Mel wrote: Old',
  ],
  [
    'a plain attribution line',
    '<p>Answer</p><p>On 12 May 2026, Mel Roberts wrote:</p><blockquote>Old</blockquote>',
    'On 12 May 2026, Mel Roberts wrote:Old',
  ],
  [
    'a forwarding line',
    '<div>Answer</div><div>-----Original Message-----</div><div>Old</div>',
    '-----Original Message-----Old',
  ],
])('history is folded: %s', (_, html, expected) => {
  expect(folded(html)).toEqual([expected]);
});

test.each([
  ['a quote that the author chose', '<p>You said</p><blockquote><p>daily</p></blockquote><p>so?</p>'],
  ['a message that is nothing but its quote', '<blockquote type="cite">All of it</blockquote>'],
  ['a sentence that begins with On', '<p>On Monday it worked, and nobody wrote:</p><p>so what</p>'],
])('is not folded: %s', (_, html) => {
  expect(folded(html)).toEqual([]);
});

/** The processor time in ms for reading a message that repeats this text at each of many depths. */
function busyWith(text: string, groups: number): number {
  const depth = 190;
  const group = `${'<span>'.repeat(depth)}${text.padEnd(2_900, 'x')}${'</span>'.repeat(depth)}`;
  const body = parseInert(group.repeat(groups));
  const before = process.threadCpuUsage();
  expect(wrapQuotedHistory(body)).toEqual(new Set());
  return busyMs(before);
}

test('a message of nothing but history within history holds nobody up', () => {
  expect(busyWith('from: a sent: b to: c', 10)).toBeLessThan(2_000);
});

test('a message full of what history begins with takes little longer to read than any other of its size', () => {
  expect(busyWith(`de:${'sent:'.repeat(80)}`, 20)).toBeLessThan(3 * busyWith(`de:${'tens:'.repeat(80)}`, 20));
});
