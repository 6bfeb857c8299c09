import { createMiddleware } from 'hono/factory';
import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { refuse } from './answers.ts';
import type { MoovEnv } from './parts.ts';

type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Nothing but our own style sheet runs or loads on these pages; messages of tickets sit in frames that run nothing. */
export const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** Another site must not press the buttons of someone who has the sandbox running. Programs send no Origin and may. */
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

/** A date as people read it, in UTC. */
export const readable = (date: string) => `${date.slice(0, 10)} ${date.slice(11, 16)} UTC`;
