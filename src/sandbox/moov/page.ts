import { createMiddleware } from 'hono/factory';
import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { refuse } from './answers.ts';
import type { MoovEnv } from './parts.ts';

type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Only our own style sheet may load on these pages, and no script may run, also not in the frames that show messages of tickets. */
export const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** Refuses (403) requests that another site makes in the browser of somebody who runs the sandbox. Programs send no Origin and pass. */
export const refuseOtherSites = createMiddleware<MoovEnv>(async (c, next) => {
  const origin = c.req.header('origin');
  if (origin !== undefined && origin !== new URL(c.req.url).origin) throw refuse(403);
  await next();
});

/** A page of the sandbox. */
export const page = (title: string, content: Markup, portalOrigin: string | undefined) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} · Sandbox</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/_sandbox/pages.css">
  </head>
  <body>
    <header>
      <nav aria-label="Sandbox">
        <strong>Sandbox</strong>
        <a href="/">Help</a>
        <a href="/agent">Support agent</a>
        ${portalOrigin === undefined ? '' : html`<a href="${portalOrigin}">The portal</a>`}
      </nav>
    </header>
    <main>
      ${content}
    </main>
  </body>
</html>`;

/** An RFC 3339 date in UTC as people read it. */
export const readable = (date: string) => `${date.slice(0, 10)} ${date.slice(11, 16)} UTC`;
