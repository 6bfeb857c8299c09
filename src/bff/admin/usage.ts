import { parseArgs } from 'node:util';

/** Thrown when the program is used wrongly. The message says what is wrong, and what the person may have meant. */
export class UsageError extends Error {}

/** The arguments that a command takes, and the texts of its help page. */
export type Usage = {
  /** its words, as typed: `submissions list` */
  name: string;
  /** what it does, in one line */
  summary: string;
  /** its operands, by the names under which help shows them */
  operands: readonly string[];
  /** its own options, in addition to `--json` and `--help`; `value` is the placeholder of the value in help; without it, none is taken */
  options: Readonly<Record<string, { value?: string; means: string }>>;
  /** more about it, as a paragraph */
  notes: string;
  example: string;
  /** what an exit status of 0 means, and of 1 */
  statuses: { done: string; not: string };
};

/** Options of every command. */
const common = {
  json: { means: 'one JSON object on standard output: {"ok", "command", "message", "data"}' },
  help: { means: 'this page' },
} as const;

/** How many letters must be added, removed or changed to turn one word into the other (Levenshtein distance). */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const now = [row + 1];
    for (const [column, other] of [...b].entries())
      now.push(
        Math.min(
          (now[column] ?? 0) + 1,
          (before[column + 1] ?? 0) + 1,
          (before[column] ?? 0) + (letter === other ? 0 : 1),
        ),
      );
    before = now;
  }
  return before[b.length] ?? 0;
}

/** “ Did you mean …?”, if one of the known words is similar to what was typed; else an empty text. */
export function hint(typed: string, known: readonly string[]): string {
  const [nearest] = known
    .map((word) => ({ word, apart: word.startsWith(typed) && typed.length > 2 ? 0 : distance(typed, word) }))
    .sort((a, b) => a.apart - b.apart);
  return nearest !== undefined && nearest.apart <= Math.max(2, nearest.word.length / 3)
    ? ` Did you mean ${nearest.word}?`
    : '';
}

/** Reads the operands and options of one command. @throws {UsageError} when the command does not take them */
export function readArguments(
  usage: Usage,
  args: readonly string[],
): { operands: string[]; options: ReadonlyMap<string, string> } {
  const takesValue = (name: string) => usage.options[name]?.value !== undefined;
  const known = [...Object.keys(usage.options), ...Object.keys(common)];
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(known.map((name) => [name, { type: takesValue(name) ? 'string' : 'boolean' }])),
  });
  const operands: string[] = [];
  const options = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (!known.includes(name)) {
      const meant = hint(
        rawName,
        known.map((one) => `--${one}`),
      );
      throw new UsageError(`${usage.name} has no option ${rawName}.${meant}`);
    }
    if (options.has(name)) throw new UsageError(`${rawName} is given twice.`);
    if (takesValue(name) && (value === undefined || value === '' || value.startsWith('-')))
      throw new UsageError(`${rawName} needs a value: ${rawName} ${usage.options[name]?.value}`);
    if (!takesValue(name) && value !== undefined) throw new UsageError(`${rawName} takes no value.`);
    options.set(name, value ?? '');
  }
  if (operands.length < usage.operands.length)
    throw new UsageError(`${usage.name} needs ${usage.operands.slice(operands.length).join(' and ')}.`);
  const [tooMuch] = operands.slice(usage.operands.length);
  if (tooMuch !== undefined) throw new UsageError(`${usage.name} does not take “${tooMuch}”.`);
  return { operands, options };
}

/** The help page of one command. */
export function pageOf(usage: Usage): string {
  const typed = (name: string, value?: string) => `--${name}${value === undefined ? '' : ` ${value}`}`;
  const options = [...Object.entries(usage.options), ...Object.entries<{ value?: string; means: string }>(common)];
  const synopsis = [
    ...usage.operands,
    ...Object.entries(usage.options).map(([name, { value }]) => `[${typed(name, value)}]`),
    '[--json]',
  ];
  return `Usage: npm run admin -- ${usage.name} ${synopsis.join(' ')}

${usage.summary}
${usage.notes === '' ? '' : `\n${usage.notes}\n`}
Options:
${options.map(([name, { value, means }]) => `  ${typed(name, value).padEnd(16)} ${means}`).join('\n')}

Example:
  npm run admin -- ${usage.example}

Exit status:
  0  ${usage.statuses.done}
  1  ${usage.statuses.not}
  2  used wrongly
`;
}

/** The help page that lists all commands, or those whose name begins with the word `first`. */
export function listOf(usages: readonly Usage[], first?: string): string {
  const listed = usages.filter(({ name }) => first === undefined || name.startsWith(`${first} `));
  const typed = ({ name, operands }: Usage) => [name, ...operands].join(' ');
  const width = Math.max(...listed.map((usage) => typed(usage).length)) + 2;
  return `Usage: npm run admin -- ${first ?? '<command>'} ${first === undefined ? '' : '<command> '}[--json]

${listed.map((usage) => `  ${typed(usage).padEnd(width)}${usage.summary}`).join('\n')}

Each has a page of its own: npm run admin -- ${listed[0]?.name} --help

It reads the same settings as npm start. The embedded database serves one process alone: stop the portal first, or use
DATABASE_URL. Exit status: 0 done, 1 not done, 2 used wrongly.
`;
}
