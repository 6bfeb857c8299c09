import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import { limitBy } from '../guard/limited.ts';
import type { Limits } from '../guard/limits.ts';
import type { Metrics } from '../guard/metrics.ts';
import { type App, readText } from '../guard/request.ts';

const largest = 64 * 1024;
const directive = z.string().check(z.maxLength(200));
/** Both forms of a report: the Reporting API's list, and the older single one. */
const reportSchema = z.union([
  z.array(z.object({ body: z.object({ effectiveDirective: directive }) })),
  z.object({ 'csp-report': z.object({ 'effective-directive': directive }) }),
]);

/**
 * `POST /api/csp-reports`: counts and logs what browsers report that the content security policy has blocked. Only the directives are
 * kept, never an address or a sample. The answer is 204, whatever was sent.
 */
export function reportRoutes(parts: { limits: Limits; metrics: Metrics; addressOf: (c: Context) => string }) {
  return new Hono<App>().post('/', limitBy(parts, 'reports', parts.addressOf), async (c) => {
    let json: unknown;
    try {
      json = JSON.parse(await readText(c, largest));
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    }
    const report = reportSchema.safeParse(json);
    if (report.success) {
      const directives = Array.isArray(report.data)
        ? report.data.map((one) => one.body.effectiveDirective)
        : [report.data['csp-report']['effective-directive']];
      parts.metrics.cspReport();
      c.get('log').warn(
        { directives: directives.slice(0, 20) },
        'a browser stopped something that the content security policy forbids',
      );
    }
    return c.body(null, 204);
  });
}
