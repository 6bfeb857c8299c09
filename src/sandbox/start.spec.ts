import { expect, test } from 'vitest';
import { startSandbox } from './start.ts';

test('both stand-ins start on free ports, and settings lead a portal to them', async () => {
  const sandbox = await startSandbox({ portalOrigin: 'http://localhost:4999' });
  const discovery = await fetch(`${sandbox.settings.OIDC_ISSUER}/.well-known/openid-configuration`);
  expect(await discovery.json()).toMatchObject({ issuer: sandbox.issuerURL });
  const minted = await fetch(`${sandbox.settings.MOOV_API_URL}/oauth2/token`, {
    method: 'POST',
    headers: {
      origin: sandbox.settings.MOOV_ORIGIN,
      authorization: `Basic ${btoa(`${sandbox.settings.MOOV_PUBLIC_KEY}:${sandbox.settings.MOOV_SECRET_KEY}`)}`,
    },
    body: JSON.stringify({ grant_type: 'client_credentials', scope: '/accounts.read' }),
  });
  expect(minted.status).toBe(200);
  expect(sandbox.moov.webhooks.target?.url).toBe('http://localhost:4999/webhooks/moov');
  await sandbox.stop();
  await expect(fetch(sandbox.moovURL)).rejects.toThrow('fetch failed');
});

test('a taken port is told, and nothing stays behind', async () => {
  const first = await startSandbox();
  const port = first.issuer.port;
  await expect(startSandbox({ ports: { issuer: port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await first.stop();
});
