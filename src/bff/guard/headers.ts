import type { MiddlewareHandler } from 'hono';
import { isWhole } from './answer.ts';
import type { App } from './request.ts';

/** Where browsers report what the content security policy (CSP) has blocked. */
const reportPath = '/api/csp-reports';

/** What the security headers depend on. */
export type HeaderOptions = {
  /** the origin that people see; if it is https, HSTS is sent too */
  publicOrigin: string;
  /** CSP hash sources (`sha256-…`, without quotes) of blocks written into the built HTML */
  scriptHashes?: readonly string[];
  styleHashes?: readonly string[];
  /** names of trusted-types policies beside DOMPurify's */
  trustedTypes?: readonly string[];
};
type Headers = Readonly<Record<string, string>>;

/** Browser features that the portal does not use, so that no script may use them. */
const unusedFeatures = (
  'accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen gamepad ' +
  'geolocation gyroscope hid idle-detection local-fonts magnetometer microphone midi payment picture-in-picture ' +
  'publickey-credentials-get screen-wake-lock serial storage-access usb xr-spatial-tracking'
).split(' ');

/**
 * The security headers, made once at start.
 * @returns one set for pages, one for the files that pages load, and one for answers to calls
 */
function securityHeaders(options: HeaderOptions): { page: Headers; file: Headers; call: Headers } {
  const hashes = (list: readonly string[] = []) => list.map((hash) => ` '${hash}'`).join('');
  const everywhere = {
    'cross-origin-opener-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    ...(options.publicOrigin.startsWith('https:') && {
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
    }),
  };
  const noFeatures = { 'permissions-policy': unusedFeatures.map((feature) => `${feature}=()`).join(', ') };
  return {
    page: {
      ...everywhere,
      'content-security-policy': [
        "default-src 'none'",
        `script-src 'self'${hashes(options.scriptHashes)}`,
        `style-src 'self'${hashes(options.styleHashes)}`,
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        `trusted-types ${['dompurify', ...(options.trustedTypes ?? [])].join(' ')}`,
        // Browsers that know report-to ignore report-uri.
        'report-to csp',
        `report-uri ${reportPath}`,
      ].join('; '),
      ...noFeatures,
      'reporting-endpoints': `csp="${reportPath}"`,
      'x-frame-options': 'DENY',
    },
    file: everywhere,
    call: {
      ...everywhere,
      ...noFeatures,
      'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    },
  };
}

/** Paths that are answered by code; everything else is a page or a file of the built web. */
const callPath = /^\/(?:api|auth|webhooks)(?:\/|$)|^\/(?:healthz|readyz)$/;
export const isCall = (path: string): boolean => callPath.test(path);

/** Puts the security headers on every answer, errors included. A header that a route has set itself stays. */
export function secureHeaders(options: HeaderOptions): MiddlewareHandler<App> {
  const { page, file, call } = securityHeaders(options);
  const [pages, files, calls] = [page, file, call].map((headers) => Object.entries(headers));
  return async (c, next) => {
    c.set('headers', { ...call, ...c.get('headers') });
    await next();
    if (isWhole(c)) return;
    const { headers } = c.res;
    const type = headers.get('content-type') ?? '';
    // A refused request for a page or a file (a file that is not there, a method other than GET) is answered like a call, without HTML.
    const isAnswer = isCall(c.req.path) || c.res.status >= 400;
    for (const [name, value] of (isAnswer ? calls : type.startsWith('text/html') ? pages : files) ?? []) {
      if (!headers.has(name)) headers.set(name, value);
    }
  };
}
