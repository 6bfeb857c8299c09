import type { BrowserContext, Page } from '@playwright/test';
import { hostile } from '../src/bff/messages/fixtures/hostile.ts';
import {
  control,
  editorIsReady,
  field,
  heading,
  openMoreDetails,
  people,
  signIn,
  submitButton,
} from './support/pages.ts';
import { test as base, expect } from './support/world.ts';

const run = 'window.__pwned=1';
const coded = Buffer.from(`<script>${run}</script>`).toString('base64');
/** A hundred texts that run something wherever a page takes text for markup, code, an address, a style or a name. */
const payloads = [
  // markup
  `<script>${run}</script>`,
  `<SCRIPT SRC=https://evil.example/x.js></SCRIPT>`,
  `<scr<script>ipt>${run}</scr</script>ipt>`,
  `"><script>${run}</script>`,
  `'><script>${run}</script>`,
  `</title><script>${run}</script>`,
  `</textarea><script>${run}</script>`,
  `</script><script>${run}</script>`,
  `</style><script>${run}</script>`,
  `--><script>${run}</script>`,
  `]]><script>${run}</script>`,
  `<img src=x onerror=${run}>`,
  `<img src=https://evil.example/p.gif>`,
  `<img/src=x/onerror=${run}//`,
  `<image src=x onerror=${run}>`,
  `<img srcset="https://evil.example/s.gif 1x" onerror=${run}>`,
  `<body onload=${run}>`,
  `<input autofocus onfocus=${run}>`,
  `<select autofocus onfocus=${run}></select>`,
  `<textarea autofocus onfocus=${run}></textarea>`,
  `<details open ontoggle=${run}>x</details>`,
  `<video><source onerror=${run}></video>`,
  `<audio src=x onerror=${run}>`,
  `<marquee onstart=${run}>x</marquee>`,
  `<iframe src="javascript:parent.__pwned=1"></iframe>`,
  `<iframe srcdoc="<script>parent.__pwned=1</script>"></iframe>`,
  `<object data="javascript:${run}"></object>`,
  `<embed src="https://evil.example/x.swf">`,
  `<form action="https://evil.example/"><button autofocus>x</button></form>`,
  `<base href="https://evil.example/">`,
  `<meta http-equiv=refresh content="0;url=https://evil.example/">`,
  `<link rel=stylesheet href=https://evil.example/x.css>`,
  `<link rel=prefetch href=https://evil.example/next>`,
  `<template shadowrootmode=open><script>${run}</script></template>`,
  `<dialog open onclose=${run}>x</dialog>`,
  `<x-evil onclick=${run} tabindex=1 autofocus onfocus=${run}>`,
  // SVG and MathML
  `<svg onload=${run}>`,
  `<svg><script>${run}</script></svg>`,
  `<svg><script href="data:,${run}"/></svg>`,
  `<svg><animate onbegin=${run} attributeName=x dur=1s>`,
  `<svg><set attributeName=onmouseover to=${run}>`,
  `<svg><a xlink:href="javascript:${run}"><text y=20>x</text></a></svg>`,
  `<svg><use href="data:image/svg+xml,<svg id=x onload=${run}>#x"/></svg>`,
  `<svg><foreignObject><img src=x onerror=${run}></foreignObject></svg>`,
  `<svg><image href="https://evil.example/i.svg"/></svg>`,
  `<math><mtext><script>${run}</script></mtext></math>`,
  `<math href="javascript:${run}">x</math>`,
  `<math><mi//xlink:href="data:text/html,<script>${run}</script>">`,
  // markup that changes when it is read again
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${run}&gt;">`,
  `<svg></p><style><a id="</style><img src=1 onerror=${run}>">`,
  `<noscript><p title="</noscript><img src=x onerror=${run}>"></noscript>`,
  `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=${run}>`,
  `<b><style><style/><img src=x onerror=${run}>`,
  `<!--><img src=x onerror=${run}>-->`,
  `<!-- --!><img src=x onerror=${run}> -->`,
  `<xmp><p title="</xmp><img src=x onerror=${run}>"></xmp>`,
  `<plaintext><img src=x onerror=${run}>`,
  `<table><td><a href=javascript:${run}>x<table><td><b>`,
  // written another way
  `&lt;img src=x onerror=${run}&gt;`,
  `&#60;img src=x onerror=${run}&#62;`,
  `&amp;lt;script&amp;gt;${run}&amp;lt;/script&amp;gt;`,
  `\\u003cimg src=x onerror=${run}\\u003e`,
  `%3Cimg%20src=x%20onerror=${run}%3E`,
  `+ADw-script+AD4-${run}+ADw-/script+AD4-`,
  `\uff1cscript\uff1e${run}\uff1c/script\uff1e`,
  `<\u017fcript>${run}</\u017fcript>`,
  `\u00bcscript\u00be${run}\u00bc/script\u00be`,
  // addresses
  `javascript:${run}`,
  `JaVaScRiPt:${run}//`,
  `java\u0009script:${run}`,
  `javascript://example.com/%0a${run}`,
  `\u0001javascript:${run}`,
  `data:text/html,<script>${run}</script>`,
  `data:text/html;base64,${coded}`,
  `vbscript:${run}`,
  `//evil.example/${run}`,
  `https:\\\\evil.example/x`,
  `<a href="javascript:${run}" autofocus>x</a>`,
  `[click](javascript:${run})`,
  // styles
  `<style>@import "https://evil.example/x.css";</style>`,
  `<p style="background:url(https://evil.example/b)">x</p>`,
  `};background:url(https://evil.example/c);{`,
  `expression(${run})`,
  // names that hide others, and keys that everything inherits
  `<a id=location href="https://evil.example/">x</a>`,
  `<form id=document><input name=cookie><input name=body></form>`,
  `<img name=getElementById><img id=trustedTypes>`,
  `<a id=__pwned></a><a id=__pwned name=x href="data:,x">`,
  `__proto__`,
  `constructor`,
  `{"__proto__":{"__pwned":1}}`,
  `constructor.prototype.__pwned=1`,
  // code in texts that are filled in
  `\${${run}}`,
  `{{constructor.constructor('${run}')()}}`,
  `<%= ${run} %>`,
  `#{${run}}`,
  `';${run};//`,
  `\`;${run};\``,
  `$&$'$\`${run}`,
  // letters that turn, hide or break texts
  `\u202egnp.exe ${run} \u2066x`,
  `Half of a pair \ud83d ${run}`,
];
const everything = payloads.join(' \u00b7 ');

/** Pieces of the list, each within `most` characters. */
function pieces(most: number): string[][] {
  const all: string[][] = [[]];
  for (const payload of payloads) {
    const last = all.at(-1) ?? [];
    if ([...last, payload].join(' ').length > most) all.push([payload]);
    else last.push(payload);
  }
  return all;
}

type Watched = { nothingRan(page: Page): Promise<void> };

/** Whatever runs, asks, reports or breaks the policy while a test lasts makes it fail. */
const test = base.extend<{ watched: Watched }>({
  watched: [
    async ({ context, world }, use) => {
      const seen: string[] = [];
      await watch(context, seen, [world.origin, new URL(world.sandbox.issuerURL).origin]);
      await use({
        async nothingRan(page) {
          expect(await page.evaluate(() => [Reflect.get(window, '__pwned'), Reflect.get({}, '__pwned')])).toEqual([
            undefined,
            undefined,
          ]);
          expect(await dangers(page)).toEqual([]);
          expect(seen).toEqual([]);
        },
      });
      expect(seen).toEqual([]);
      // Browsers send reports late and past the page: the portal would have said that one came.
      expect(world.portal().output()).not.toContain('content security policy forbids');
    },
    { auto: true },
  ],
});

async function watch(context: BrowserContext, seen: string[], known: string[]) {
  context.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('request', (request) => {
    const { protocol, origin, pathname } = new URL(request.url());
    if (pathname === '/api/csp-reports') seen.push(`report: ${request.postData()}`);
    else if (protocol.startsWith('http') ? !known.includes(origin) : protocol !== 'data:' && protocol !== 'blob:')
      seen.push(`request: ${request.url()}`);
  });
  await context.exposeBinding('__violated', (_, what: string) => void seen.push(`policy: ${what}`));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      Reflect.get(window, '__violated')(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
}

/** Elements and attributes that no text may have become, anywhere on the page; and everything a reader could set off is set off. */
const dangers = (page: Page) =>
  page.evaluate(() => {
    const addresses = /^(?:https?:|mailto:|tel:|\/(?!\/)|#)/;
    const found: string[] = [];
    for (const element of document.querySelectorAll('body *, head base, head meta[http-equiv]')) {
      const name = element.localName;
      const inherited =
        /^(?:iframe|object|embed|base|meta|link|style|template|math|foreignobject|use|image|animate|set|marquee|audio|video|plaintext|xmp)$/;
      if (inherited.test(name) || name.includes('x-')) found.push(`<${name}>`);
      if (name === 'script' && !(element.getAttribute('src') ?? '/').startsWith('/')) found.push(element.outerHTML);
      if (name === 'img' && /evil|^x$/.test(element.getAttribute('src') ?? '')) found.push(element.outerHTML);
      for (const { name: attribute, value } of element.attributes) {
        if (attribute.startsWith('on')) found.push(`${attribute}=${value}`);
        if (
          /^(?:href|xlink:href|action|formaction|src|data)$/.test(attribute) &&
          !addresses.test(value) &&
          name !== 'img'
        )
          found.push(`${attribute}=${value}`);
        if (attribute === 'id' && /__pwned|^(?:location|document|trustedTypes)$/.test(value)) found.push(`id=${value}`);
      }
    }
    const stop = (event: Event) => event.preventDefault();
    addEventListener('click', stop, { capture: true });
    for (const element of document.querySelectorAll('main ol li *'))
      for (const kind of ['mouseover', 'focus', 'click', 'toggle', 'animationstart', 'error', 'load'])
        element.dispatchEvent(new Event(kind, { bubbles: kind !== 'focus', cancelable: true }));
    removeEventListener('click', stop, { capture: true });
    return found;
  });

/** What the page shows, as it stands in it. */
const shown = (page: Page) => page.evaluate(() => document.body.textContent ?? '');
/** Half a pair has no place in UTF-8; everything else comes through as it was written. */
const asShown = (text: string) => text.toWellFormed();

test.use({ settings: { SESSION_MAX_HOURS: '11' }, permissions: ['clipboard-read', 'clipboard-write'] });

const { mel, pat } = people;
const list = `/accounts/${mel.accountID}/tickets`;
const contact = { email: `"${payloads[0]}"@example.com`, name: everything };

test.beforeEach(async ({ page, world }) => {
  const accounts = [...world.sandbox.moov.store.accounts.values()];
  accounts.forEach((account, index) => {
    account.displayName = `${payloads[index % 100]} ${payloads[(index + 50) % 100]}`;
  });
  // A provider that vouches for such a person.
  await page.route('**/api/session', async (route) => {
    const answer = await route.fetch();
    const session = await answer.json();
    if (answer.ok()) Object.assign(session.user, { name: everything, email: `"${payloads[11]}"@example.com` });
    await route.fulfill({ response: answer, json: session });
  });
});

test('a hundred distinct payloads are at hand', () => {
  expect(new Set(payloads).size).toBe(100);
});

test('titles in the list, its search and the similar tickets beside the form show every payload as text', async ({
  page,
  world,
  watched,
}) => {
  for (const text of payloads)
    world.agent.file(mel.accountID, { title: text, body: '<p>x</p>', contact, author: text, foreignID: text });
  await signIn(page, mel, list);
  const links = page.getByRole('main').getByRole('listitem').getByRole('link');
  await expect(links.first()).toBeVisible();
  const titles = new Set<string>();
  // Only the rows near the window are in the page.
  await expect(async () => {
    for (const text of await links.allTextContents()) titles.add(text);
    await page.mouse.wheel(0, 1_200);
    expect(payloads.filter((text) => !titles.has(asShown(text).trim()) && !titles.has(asShown(text)))).toEqual([]);
  }).toPass({ intervals: [20] });
  await watched.nothingRan(page);
  await page.getByRole('searchbox', { name: 'Search tickets' }).fill(`<img src=x onerror=${run}>`);
  await expect(links.first()).toContainText(`onerror=${run}`);
  await watched.nothingRan(page);
  await control(page, 'New ticket').click();
  await field.title(page).fill(payloads[12] ?? '');
  await editorIsReady(page);
  await watched.nothingRan(page);
});

test('a ticket shows every payload as title, contact, reference, status, dates and author, and cleans every message', async ({
  page,
  world,
  watched,
}) => {
  const ticket = world.agent.file(mel.accountID, {
    title: everything,
    body: everything,
    contact,
    author: everything,
    foreignID: everything,
  });
  for (const text of payloads) world.agent.answer(everything, text, `<p>before</p>${text}<p>after</p>`);
  hostile.forEach((html, index) => {
    world.agent.answer(everything, `Author ${index}`, html);
  });
  await signIn(page, mel, '/');
  // The API tells a status and dates that nobody has heard of.
  world.line.everything({
    afterwards: (body) => ({
      status: 200,
      body: body
        .replaceAll('"status":"new"', () => `"status":${JSON.stringify(everything)}`)
        .replace(/"updatedOn":"[^"]*"/g, () => `"updatedOn":${JSON.stringify(payloads[11])}`),
    }),
  });
  await page.goto(`${list}/${ticket.ticketID}`);
  await expect(heading(page)).toContainText('Half of a pair');
  await expect(page.getByText(`Author ${hostile.length - 1}`, { exact: true })).toBeAttached();
  await expect(page.getByText('before').nth(99)).toBeAttached();
  const whole = await shown(page);
  for (const text of payloads) expect(whole).toContain(asShown(text));
  // An address is an address wherever it leads; what it opens knows nothing of this page.
  const leaving = page.getByRole('main').locator('a[href^="http"]');
  await expect(leaving.and(page.locator('[rel="noopener noreferrer nofollow"]'))).toHaveCount(await leaving.count());
  await watched.nothingRan(page);
});

test('refusals of the API show every payload, above the form and beside each input', async ({
  page,
  world,
  watched,
}) => {
  await signIn(page, mel, `${list}/new`);
  await editorIsReady(page);
  await field.title(page).fill('Refused in odd words');
  await field.message(page).fill('x');
  await field.email(page).fill('mel@wholebody.example');
  // The provider's name for the person, which the form proposes, is longer than a contact's may be.
  await field.name(page).fill('Mel');
  for (const status of [400, 409])
    for (const part of pieces(1_900)) {
      world.line.creating({ status, body: JSON.stringify({ error: part.join(' ') }) });
      await submitButton(page).click();
      await expect(
        page
          .getByRole('alert')
          .filter({ hasText: asShown(part.at(-1) ?? '') })
          .first(),
      ).toBeVisible();
      await watched.nothingRan(page);
    }
  const [first = [], second = [], third = [], fourth = [], fifth = [], sixth = []] = pieces(1_400);
  world.line.creating({
    status: 422,
    body: `{"__proto__":{"__pwned":"1"},"constructor":{"prototype":{"__pwned":"1"}},"${payloads[87]}":"1",${JSON.stringify(
      {
        title: first.join(' '),
        body: second.join(' '),
        author: third.join(' '),
        contact: { email: fourth.join(' '), name: fifth.join(' ') },
        foreignID: sixth.join(' '),
      },
    ).slice(1)}`,
  });
  await submitButton(page).click();
  await expect(field.title(page)).toHaveAttribute('aria-invalid', 'true');
  const whole = await shown(page);
  for (const text of [first, second, third, fourth, fifth, sixth].flat()) expect(whole).toContain(asShown(text));
  await watched.nothingRan(page);
});

test('what an address, a paste, a draft and a waiting ticket bring into the portal stays text', async ({
  page,
  world,
  watched,
}) => {
  await signIn(page, mel, '/');
  const [title = [], reference = []] = pieces(900);
  const given = {
    title: `Prefilled ${title.join(' ')}`.toWellFormed(),
    foreignID: reference.join(' ').toWellFormed(),
    email: `${payloads[67]}@example.com`,
  };
  await page.goto(`${list}/new?${new URLSearchParams(given)}`);
  await editorIsReady(page);
  await openMoreDetails(page);
  await expect(field.title(page)).toHaveValue(given.title);
  await field.author(page).fill(pieces(900)[2]?.join(' ') ?? '');
  const name = (pieces(900)[3]?.join(' ') ?? '').toWellFormed();
  await field.name(page).fill(name);
  await field.message(page).focus();
  await field.message(page).evaluate(
    (element, html) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/html', html);
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    },
    `<p>pasted</p>${payloads.map((text) => `<p>${text}</p>`).join('')}${hostile.slice(0, 100).join('')}<p>to the end</p>`,
  );
  await expect(field.message(page)).toContainText('pasted');
  await watched.nothingRan(page);
  await control(page, 'Preview').click();
  await expect(page.getByLabel('Preview of the message')).toContainText('pasted');
  await watched.nothingRan(page);
  await page.reload();
  await editorIsReady(page);
  await expect(field.title(page)).toHaveValue(given.title);
  // The link alone gives the title too. What is typed before the draft is there would not go into it.
  await expect(field.name(page)).toHaveValue(name);
  await watched.nothingRan(page);
  await field.message(page).fill('short');
  await field.email(page).fill('mel@wholebody.example');
  world.line.creating({ status: 500 });
  await submitButton(page).click();
  await expect(heading(page)).toContainText(/not delivered yet|being delivered/);
  await expect(page.getByRole('main')).toContainText(title[3] ?? 'none');
  await watched.nothingRan(page);
  await page.goto(list);
  await expect(page.getByRole('main')).toContainText(title[3] ?? 'none');
  await watched.nothingRan(page);
});

test('names of accounts show every payload as text, in the list, the choice and the line that says for whom', async ({
  page,
  watched,
}) => {
  await signIn(page, pat, '/accounts');
  // It says something else while they are on their way, and is gone when they are there.
  const more = page.getByRole('button', { name: /^Load(ing)? more/ });
  await expect(more).toBeVisible();
  await more.click();
  await expect(more).toBeHidden();
  const whole = await shown(page);
  for (const text of payloads) expect(whole).toContain(asShown(text));
  await watched.nothingRan(page);
  await page.goto(`${list}/new`);
  await editorIsReady(page);
  await expect(page.getByText('Filing for').first()).toBeAttached();
  await watched.nothingRan(page);
});
