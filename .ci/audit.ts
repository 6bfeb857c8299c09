import { spawnSync } from 'node:child_process';
import * as z from 'zod/mini';

/** What `npm audit --json` says when it could ask (npm-audit, "auditReportVersion": 2). */
const reportSchema = z.object({
  vulnerabilities: z.record(z.string(), z.object({ name: z.string(), severity: z.string(), range: z.string() })),
});

/**
 * Looks for known vulnerabilities in what is shipped. Fails when there is a high or critical one. A service that cannot
 * be reached is no reason to fail, and is said.
 */
function main(): number {
  const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  const report = reportSchema.safeParse(parse(stdout)).data;
  if (report === undefined) {
    const why = /npm (?:warn audit|error) ([^-]+)/.exec(stderr ?? '')?.[1]?.trim() ?? 'no answer';
    process.stdout.write(
      `Audit: not looked for known vulnerabilities, since the service cannot be reached (${why}).\n`,
    );
    return 0;
  }
  const found = Object.values(report.vulnerabilities);
  for (const { name, severity, range } of found) process.stdout.write(`Audit: ${severity}: ${name} ${range}\n`);
  const grave = found.filter(({ severity }) => severity === 'high' || severity === 'critical').length;
  process.stdout.write(`Audit: ${found.length} known vulnerabilities in what is shipped, ${grave} of them grave.\n`);
  return grave === 0 ? 0 : 1;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

process.exitCode = main();
