import { codeOf } from '../guard/error-code.ts';
import { safeMessage } from '../guard/logger.ts';
import { readSettings, SettingsError } from '../settings.ts';
import { StoreError } from '../store/engine.ts';
import type { openStore } from '../store/store.ts';
import { type Command, commands, type Report } from './commands.ts';
import { hint, listOf, pageOf, readArguments, UsageError } from './usage.ts';

type Surroundings = {
  env: Record<string, string | undefined>;
  open: typeof openStore;
  out(text: string): void;
  err(text: string): void;
};

/** Runs the command that the arguments name, or shows help. @returns the exit status: 0 done, 1 not done, 2 used wrongly */
export async function run(args: readonly string[], { env, open, out, err }: Surroundings): Promise<0 | 1 | 2> {
  const asksForHelp = args.includes('--help') || args.includes('-h');
  const json = args.includes('--json');
  let command: Command | undefined;
  const tell = (report: Report) => {
    const { ok, message, data } = report;
    if (json) out(`${JSON.stringify({ ok, command: command?.name ?? null, message, data }, null, 2)}\n`);
    else (ok ? out : err)(`${message}\n`);
  };
  try {
    const words = args.filter((word) => !word.startsWith('-'));
    command = find(words);
    if (asksForHelp) {
      out(command === undefined ? listOf(commands, groupOf(words)) : pageOf(command));
      return 0;
    }
    if (command === undefined) throw new UsageError(complaintAbout(words));
    const rest = [...args];
    for (const word of command.name.split(' ')) rest.splice(rest.indexOf(word), 1);
    const { operands, options } = readArguments(command, rest);
    const report = await command.run({ settings: readSettings(env), open, operands, options });
    tell(report);
    return report.ok ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) {
      const page = command === undefined ? 'npm run admin -- --help' : `npm run admin -- ${command.name} --help`;
      tell({ ok: false, message: `${error.message}\nSee: ${page}`, data: null });
      return 2;
    }
    tell({ ok: false, message: faultOf(error), data: null });
    return 1;
  }
}

const find = ([first, second]: string[]) =>
  commands.find(({ name }) => name === first || name === `${first} ${second}`);
const groups = [...new Set(commands.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0] ?? ''] : [])))];
const groupOf = ([first]: string[]) => groups.find((group) => group === first);

function complaintAbout(words: string[]): string {
  const [first, second] = words;
  if (first === undefined) return 'Name a command.';
  const group = groupOf(words);
  const ofGroup = commands.flatMap(({ name }) => (name.startsWith(`${group} `) ? [name.slice(first.length + 1)] : []));
  if (group === undefined) {
    const known = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
    return `There is no command ${first}.${hint(first, known)}`;
  }
  return second === undefined
    ? `${group} needs a command: ${ofGroup.join(', ')}.`
    : `${group} has no command ${second}.${hint(second, ofGroup)}`;
}

/** A sentence for an error, which says what the operator can do. Messages of the database may quote stored data; that is left out. */
function faultOf(error: unknown): string {
  if (error instanceof SettingsError || error instanceof StoreError) return error.message;
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 4; cause = cause.cause) causes.push(cause);
  const last = causes.at(-1);
  const code = codeOf(last);
  return `The database cannot be used${code === undefined ? '' : ` (${code})`}: ${last === undefined || last.message === '' ? 'it does not answer' : safeMessage(last)}`;
}
