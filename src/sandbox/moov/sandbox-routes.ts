import { readFile } from 'node:fs/promises';
import { Hono } from 'hono';
import { refuseWithError } from './answers.ts';
import { faults } from './faults.ts';
import { readObject } from './new-ticket.ts';
import { outageModes } from './outage.ts';
import { refuseOtherSites } from './page.ts';
import type { MoovEnv, Parts } from './parts.ts';

const style = await readFile(new URL('../pages.css', import.meta.url), 'utf8');

/** The sandbox's own calls, for tests and for its pages. Moov has none of them. */
export function sandboxRoutes({ store, received, outage, webhooks }: Parts) {
  return new Hono<MoovEnv>()
    .use(refuseOtherSites)
    .get('/pages.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }))
    .get('/received', (c) => c.json(received.calls))
    .delete('/received', (c) => {
      received.clear();
      return c.body(null, 204);
    })
    .get('/tickets', (c) => {
      const { accountID, foreignID, title } = c.req.query();
      return c.json(
        store
          .tickets(accountID)
          .filter(
            ({ ticket }) =>
              (foreignID === undefined || ticket.foreignID === foreignID) &&
              (title === undefined || ticket.title === title),
          ),
      );
    })
    .get('/faults', (c) => c.json(faults))
    .get('/webhooks', (c) => c.json(webhooks.deliveries))
    .post('/outage', async (c) => {
      const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false;
      const asked = isForm ? (await c.req.parseBody()).mode : readObject(await c.req.text()).mode;
      const mode = outageModes.find((one) => one === asked);
      if (mode === undefined) throw refuseWithError(400, `mode must be one of ${outageModes.join(', ')}.`);
      outage.set(mode);
      return isForm ? c.redirect('/#outage', 303) : c.json({ mode });
    })
    .post('/webhooks/test', (c) => {
      webhooks.test();
      return c.redirect('/#webhooks', 303);
    });
}
