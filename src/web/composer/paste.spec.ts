// @vitest-environment happy-dom
import { describe, expect, test } from 'vitest';
import { cleanPaste } from './paste.ts';

const pasted = (html: string) => cleanPaste(html).html;

describe('what people get when they paste', () => {
  test('from Word: paragraphs, blank lines and emphasis without the looks', () => {
    const html = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta name=Generator content="Microsoft Word 15">
      <style><!-- p.MsoNormal {margin:0in; font-family:"Calibri",sans-serif;} --></style></head>
      <body lang=EN-US style='tab-interval:.5in'><!--StartFragment-->
      <p class=MsoNormal style='mso-margin-top-alt:auto'>Dear <b style='mso-bidi-font-weight:normal'>team</b>,<o:p></o:p></p>
      <p class=MsoNormal><o:p>&nbsp;</o:p></p>
      <p class=MsoNormal><span style='font-size:14.0pt;color:red'>The payout is
      late.</span><o:p></o:p></p><!--EndFragment--></body></html>`;
    expect(pasted(html)).toBe('<p>Dear <strong>team</strong>,</p><p></p><p>The payout is late.</p>');
  });

  test('spaces where lines may break, whatever spaces there were', () => {
    expect(pasted('<p>one&nbsp;two <b>three&nbsp;</b>four</p>')).toBe('<p>one two <strong>three </strong>four</p>');
  });

  test('from Word: its list paragraphs become lists, nested and numbered as they were', () => {
    const item = (level: number, sign: string, text: string) =>
      `<p class=MsoListParagraphCxSpMiddle style='margin-left:.5in;text-indent:-.25in;mso-list:l0 level${level} lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>${sign}<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>${text}<o:p></o:p></p>`;
    const html = `<p class=MsoNormal>Steps:</p>\n${item(1, '·', 'one')}\n${item(2, 'o', 'nested')}\n${item(1, '·', 'two')}\n<p class=MsoNormal>then</p>\n${item(1, '1.', 'first')}\n${item(1, '·', 'point')}\n${item(2, 'a)', 'letter')}`;
    expect(pasted(html)).toBe(
      '<p>Steps:</p><ul><li><p>one</p><ul><li><p>nested</p></li></ul></li><li><p>two</p></li></ul><p>then</p><ol><li><p>first</p></li></ol>' +
        '<ul><li><p>point</p><ol><li><p>letter</p></li></ol></li></ul>',
    );
  });

  test('from Word: a list after a paragraph stays after it', () => {
    const item = (text: string) =>
      `<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>${text}</p>`;
    expect(pasted(`${item('one')}<p>then</p>${item('two')} and ${item('three')}`)).toBe(
      '<ul><li><p>one</p></li></ul><p>then</p><ul><li><p>two</p></li></ul><p>and</p><ul><li><p>three</p></li></ul>',
    );
  });

  test('from Gmail: emoji, which are pictures there, as the characters that they stand for', () => {
    const picture = (alt: string) =>
      `<img data-emoji="${alt}" class="an1" alt="${alt}" src="https://fonts.gstatic.com/s/e/notoemoji/17.0/1f642/32.png">`;
    expect(
      cleanPaste(
        `<div>Thank you ${picture('🙂')}${picture('👩🏽‍💻')}</div><div>from ${picture('🇨🇭')} ${picture('❤️')}</div>`,
      ),
    ).toEqual({ html: '<p>Thank you 🙂👩🏽‍💻</p><p>from 🇨🇭 ❤️</p>', images: 0 });
    expect(cleanPaste('<p>Item <img alt="1" src="one.png"><img alt="🙂 team" src="logo.png"></p>')).toEqual({
      html: '<p>Item</p>',
      images: 2,
    });
  });

  test('from Outlook: an answer with its signature, pictures left out and counted', () => {
    const html = `<div class=WordSection1><p class=MsoNormal><span lang=DE>Hello<o:p></o:p></span></p>
      <p class=MsoNormal><img width=120 height=40 id="Picture_x0020_1" src="cid:image001.png@01DA" alt="Logo"></p>
      <p class=MsoNormal><a href="https://example.com/pay"><span style='color:#0563C1;text-decoration:underline'>Our page</span></a></p></div>`;
    expect(cleanPaste(html)).toEqual({
      html: '<p>Hello</p><p></p><p><a href="https://example.com/pay" rel="noopener noreferrer nofollow">Our page</a></p>',
      images: 1,
    });
  });

  test('from Gmail: lines in divs, with their blank lines', () => {
    const html =
      '<div dir="ltr">Hi,<div><br></div><div>the <b>second</b> line<br>and a third</div><div><ul><li>point</li></ul></div></div>';
    expect(pasted(html)).toBe(
      '<p>Hi,</p><p></p><p>the <strong>second</strong> line<br>and a third</p><ul><li><p>point</p></li></ul>',
    );
  });

  test('from Google Docs: bold by font-weight, and nothing bold by its wrapper', () => {
    const html = `<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><h1 dir="ltr"><span style="font-size:20pt;font-weight:400;">Title</span></h1>
      <p dir="ltr"><span style="font-weight:400;">plain </span><span style="font-weight:700;">bold</span><span style="font-style:italic;font-weight:400"> slanted</span></p><br />
      <ul><li dir="ltr" aria-level="1"><p dir="ltr" role="presentation"><span style="font-weight:400">item</span></p></li>
      <ul><li dir="ltr" aria-level="2"><p dir="ltr" role="presentation"><span>deeper</span></p></li></ul></ul></b>`;
    expect(pasted(html)).toBe(
      '<h2>Title</h2><p>plain <strong>bold</strong><em> slanted</em></p><p></p><ul><li><p>item</p><ul><li><p>deeper</p></li></ul></li></ul>',
    );
  });

  test('from Excel: rows as lines, cells told apart', () => {
    const html = `<html><head><style>td{mso-number-format:General}</style></head><body><table border=0 width=128><!--StartFragment-->
      <col width=64 span=2><tr height=20><td class=xl65 width=64>Date</td><td>Amount</td></tr>
      <tr height=20><td align=right>12 May</td><td align=right style='font-weight:700'>12.50</td></tr><!--EndFragment--></table></body></html>`;
    expect(pasted(html)).toBe('<p>Date | Amount</p><p>12 May | <strong>12.50</strong></p>');
  });

  test('from Google Docs: no line of its own for the end of what was copied', () => {
    expect(pasted('<b style="font-weight:normal"><p>all</p></b><br class="Apple-interchange-newline">')).toBe(
      '<p>all</p>',
    );
  });

  test('from an editor of code: its indents and blank lines', () => {
    const html = `<meta charset='utf-8'><div style="font-family:Consolas;white-space: pre;"><div><span>if (late) {</span></div><br>
      <div><span>  </span><span>  wait();</span></div><div><span>}</span></div></div><p>after   it</p><pre style="white-space: pre">a   b</pre>`;
    expect(pasted(html)).toBe(
      '<p>if (late) {</p><p></p><p>&nbsp;&nbsp;&nbsp; wait();</p><p>}</p><p>after it</p><pre><code>a   b</code></pre>',
    );
  });

  test('from a chat: its line ends', () => {
    expect(pasted('<span style="white-space: pre-wrap;">Paid  twice\nsince <b>May</b></span>')).toBe(
      '<p>Paid&nbsp; twice<br>since <strong>May</strong></p>',
    );
  });

  test('from any page: no script, style, form or attribute, and only links that a message may hold', () => {
    const html = `<script>alert(1)</script><style>p{}</style><h4 class=x onclick="alert(1)">Small</h4><form><input value=a><button>b</button></form>
      <a href="javascript:alert(1)">one</a> <a href="/relative">two</a> <a href="mailto:a@b.example">three</a>`;
    expect(pasted(html)).toBe(
      '<h3>Small</h3><p>one two <a href="mailto:a@b.example" rel="noopener noreferrer nofollow">three</a></p>',
    );
  });

  test('of endless depth: its text', () => {
    expect(pasted(`${'<b>'.repeat(5000)}deep &lt;b&gt;`)).toBe('<p>deep &lt;b&gt;</p>');
  });

  test('copied from the editor itself: exactly what was copied', () => {
    const html = '<p data-pm-slice="1 1 []">a <strong>b</strong></p>';
    expect(pasted(html)).toBe(html);
  });

  test('copied from another editor of its kind: what was copied, and a word about the images that are left out', () => {
    expect(cleanPaste('<p data-pm-slice="1 1 []">a<img src="x.png"></p>')).toMatchObject({ images: 1 });
  });
});
