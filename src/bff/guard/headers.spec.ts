import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { answerJSON } from './answer.ts';
import { type HeaderOptions, isCall, secureHeaders } from './headers.ts';
import type { App } from './request.ts';

const https = { publicOrigin: 'https://support.example' };
const portal = (options: HeaderOptions = https) =>
  new Hono<App>()
    .use(async (c, next) => {
      c.set('headers', { 'x-request-id': 'the-id' });
      await next();
    })
    .use(secureHeaders(options))
    .get('/api/whole', (c) => answerJSON(c, {}))
    .get('/api/session', (c) => c.json({}))
    .get('/api/events', (c) => c.body('', 200, { 'cache-control': 'no-store, no-transform' }))
    .get('/api/broken', () => {
      throw new Error('broken');
    })
    .get('/auth/login', (c) => c.redirect('https://issuer.example/'))
    .get('/assets/main.js', (c) => c.body('', 200, { 'content-type': 'text/javascript' }))
    .get('/', (c) => c.html('<!doctype html>'))
    .notFound((c) => c.body('{}', 404, { 'content-type': 'application/problem+json' }))
    .onError((_, c) => c.json({}, 500));
const policyOf = (response: Response) =>
  new Map(
    (response.headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
      const [name = '', ...values] = directive.split(' ');
      return [name, values.join(' ')];
    }),
  );

describe('a page', () => {
  it('may load and reach nothing but the portal itself, and turns no text into script', async () => {
    const policy = policyOf(await portal().request('/'));
    expect(Object.fromEntries(policy)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' data:",
      'connect-src': "'self'",
      'form-action': "'self'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': 'dompurify',
      'report-to': 'csp',
      'report-uri': '/api/csp-reports',
    });
  });

  it('has a policy without any unsafe source, whatever is added', async () => {
    const response = await portal({
      ...https,
      scriptHashes: ['sha256-aaaa'],
      styleHashes: ['sha256-bbbb'],
      trustedTypes: ['shell'],
    }).request('/');
    const policy = policyOf(response);
    expect(policy.get('script-src')).toBe("'self' 'sha256-aaaa'");
    expect(policy.get('style-src')).toBe("'self' 'sha256-bbbb'");
    expect(policy.get('trusted-types')).toBe('dompurify shell');
    expect(response.headers.get('content-security-policy')).not.toMatch(/unsafe|\*/);
  });

  it('is kept from frames, other origins, sniffing, referrers and features it does not use', async () => {
    const { headers } = await portal().request('/');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('permissions-policy')).toMatch(/camera=\(\).*geolocation=\(\)/);
    expect(headers.get('reporting-endpoints')).toBe('csp="/api/csp-reports"');
  });
});

describe('an answer to a call', () => {
  it.each(['/api/whole', '/api/session', '/auth/login', '/api/broken', '/api/nothing', '/webhooks/moov', '/healthz'])(
    'is stored nowhere and runs nothing: %s',
    async (path) => {
      const { headers } = await portal().request(path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toMatch(/camera=\(\).*geolocation=\(\)/);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  it('says that it is JSON', async () => {
    expect((await portal().request('/api/whole')).headers.get('content-type')).toBe('application/json');
  });

  it.each(['OPTIONS', 'PUT', 'PROPFIND'])('is what a page answers to %s', async (method) => {
    const { headers } = await portal().request('/', { method });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';/);
  });

  it('that is made with all its headers at once keeps those that were there before', async () => {
    expect((await portal().request('/api/whole')).headers.get('x-request-id')).toBe('the-id');
  });

  it('keeps what the route has said itself', async () => {
    expect((await portal().request('/api/events')).headers.get('cache-control')).toBe('no-store, no-transform');
  });
});

it('knows a call by the first part of its address, as a whole', () => {
  const calls = ['/api', '/api/', '/api/session', '/auth/login', '/webhooks', '/webhooks/moov', '/healthz', '/readyz'];
  expect(calls.filter((path) => !isCall(path))).toEqual([]);
  const pages = ['/', '/accounts', '/apis', '/authors', '/healthz/', '/healthzy', '/accounts/api/tickets'];
  expect(pages.filter(isCall)).toEqual([]);
});

it('insists on https for a year and for every subdomain, where the portal has https', async () => {
  for (const path of ['/', '/api/session', '/assets/main.js']) {
    expect((await portal().request(path)).headers.get('strict-transport-security')).toBe(
      'max-age=31536000; includeSubDomains',
    );
    const local = await portal({ publicOrigin: 'http://localhost:3000' }).request(path);
    expect(local.headers.has('strict-transport-security')).toBe(false);
  }
});
