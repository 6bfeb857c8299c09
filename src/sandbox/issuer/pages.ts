import { html, raw } from 'hono/html';
import type { Person } from '../people.ts';

/** Only our own style sheet and script may load. `form-action` is left out, because the forms lead, through redirects, to the portal. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

const page = (title: string, content: ReturnType<typeof html>, script?: string) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/pages.css">
    ${script === undefined ? '' : html`<script src="${script}" defer></script>`}
  </head>
  <body>
    <main class="card">
      ${content}
    </main>
  </body>
</html>`;

/** The sign-in page: one button for each person. */
export const signInPage = (people: readonly Person[], action: string) =>
  page(
    'Sign in · Sandbox',
    html`<h1>Sign in</h1>
      <p>This is the sandbox’s identity provider. Choose who you want to be; there are no passwords.</p>
      <form method="post" action="${action}">
        <ul class="people">
          ${people.map(
            ({ id, name, about }) =>
              html`<li><button name="person" value="${id}"><strong>${name}</strong> <small>${about}</small></button></li>`,
          )}
        </ul>
        <button name="cancel" value="yes">Cancel</button>
      </form>`,
  );

/** The page for signing out. Its script presses the button at once; without scripts the person does. */
export const signOutPage = (form: string) =>
  page(
    'Sign out · Sandbox',
    html`<h1>Sign out</h1>
      <p>You are being signed out.</p>
      ${raw(form)}
      <button type="submit" id="sign-out" form="op.logoutForm" name="logout" value="yes">Sign out</button>`,
    '/sign-out.js',
  );
export const signOutScript = `document.getElementById('sign-out').click();\n`;

/** The page after signing out, if the portal gave no address to return to. */
export const signedOutPage = () =>
  page('Signed out · Sandbox', html`<h1>Signed out</h1><p>You can close this page.</p>`);

/** The page for a sign-in that has failed here; `what` is a sentence about it. */
export const errorPage = (what: string) =>
  page(
    'Sign-in failed · Sandbox',
    html`<h1>This sign-in cannot go on</h1>
      <p>${what}</p>
      <p>Go back to the portal and sign in again.</p>`,
  );
