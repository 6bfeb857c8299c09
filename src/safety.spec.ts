import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The house rules, as tests that explain themselves: each names the file that breaks it, and what to do instead. */
const src = import.meta.dirname;

type Source = { path: string; text: string; code: string; imports: string[] };

/** Comments go, so that a rule is about code; strings stay. A rough cut that keeps line breaks, good enough to search in. */
const withoutComments = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|[\s;,{(])\/\/.*$/gm, '$1');

/** What a file imports: a path from `src` for our own (`web/ui/button.tsx`), the name as written for a package. */
const importsOf = (path: string, code: string) =>
  [...code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"]+)\1/g)].flatMap(([, , name]) => {
    if (name === undefined) return [];
    return name.startsWith('.') ? [join(dirname(path), name)] : [name];
  });

const sources: Source[] = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|tsx|css)$/.test(entry.name))
  .map((entry) => {
    const path = relative(src, join(entry.parentPath, entry.name));
    const text = readFileSync(join(src, path), 'utf8');
    const code = withoutComments(text);
    return { path, text, code, imports: path.endsWith('.css') ? [] : importsOf(path, code) };
  })
  .filter(({ path }) => path !== 'safety.spec.ts');

const isSpec = ({ path }: Source) => /\.spec\.tsx?$/.test(path) || /(^|\/)testing\//.test(path);
const within = (path: string, ...rooms: string[]) => rooms.some((room) => path === room || path.startsWith(`${room}/`));
const isOurs = (name: string) => within(name, 'contract', 'web', 'bff', 'sandbox');
/** Files of these rooms, without their specs. */
const filesOf = (...rooms: string[]) => sources.filter((file) => within(file.path, ...rooms) && !isSpec(file));

/** Fails with one line for each breach. */
const hold = (breaches: string[], instead: string) => expect(breaches, instead).toEqual([]);
const breachesOf = (files: Source[], pattern: RegExp) =>
  files.flatMap(({ path, code }) =>
    code.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
const importsBreaking = (files: Source[], allowed: (name: string) => boolean) =>
  files.flatMap(({ path, imports }) =>
    imports.filter((name) => !allowed(name)).map((name) => `${path} imports ${name}`),
  );

describe('imports run one way', () => {
  test('the contract imports nothing but itself and zod/mini', () => {
    hold(
      importsBreaking(filesOf('contract'), (name) => within(name, 'contract') || name === 'zod/mini'),
      'The contract is what both programs promise: schemas without behaviour. Put behaviour into web or bff.',
    );
  });

  test('the browser imports the contract, never the server, its runtime or the sandbox', () => {
    hold(
      importsBreaking(
        filesOf('web'),
        (name) =>
          (isOurs(name) ? within(name, 'web', 'contract') : true) && !name.startsWith('node:') && name !== 'zod',
      ),
      'Ask the BFF by its calls (src/web/api), share only what is in src/contract, and take zod/mini for zod.',
    );
  });

  test('the server imports the contract, never the browser or the sandbox', () => {
    hold(
      importsBreaking(filesOf('bff'), (name) => !isOurs(name) || within(name, 'bff', 'contract')),
      'The BFF must run without any stand-in. What both ends need goes to src/contract.',
    );
  });

  test('the sandbox imports nobody, so that it cannot agree with our mistakes', () => {
    hold(
      importsBreaking(filesOf('sandbox'), (name) => !isOurs(name) || within(name, 'sandbox')),
      'The stand-ins are witnesses: written from the documentation, not from our code.',
    );
  });

  test('inside web: routes → tickets, accounts → composer, forms → ui', () => {
    const everywhere = ['web/api', 'web/words', 'contract'];
    const allowed: Record<string, string[]> = {
      'web/tickets': ['web/tickets', 'web/composer', 'web/forms', 'web/layout', 'web/ui', ...everywhere],
      'web/accounts': ['web/accounts', 'web/composer', 'web/forms', 'web/layout', 'web/ui', ...everywhere],
      'web/composer': ['web/composer', 'web/ui', ...everywhere],
      'web/forms': ['web/forms', 'web/ui', ...everywhere],
      'web/layout': ['web/layout', 'web/ui', ...everywhere],
      'web/api': everywhere,
      'web/words': ['web/words', 'contract'],
      'web/ui': ['web/ui'],
    };
    hold(
      Object.entries(allowed).flatMap(([room, rooms]) =>
        importsBreaking(filesOf(room), (name) => !isOurs(name) || within(name, ...rooms)),
      ),
      'Nouns do not reach into one another: what two rooms share goes one room down, or is passed in by routes.tsx.',
    );
  });

  test('looks know neither router, queries nor forms', () => {
    const allowed = ['react', 'react-dom', 'lucide-react'];
    hold(
      importsBreaking(
        filesOf('web/ui'),
        (name) => isOurs(name) || allowed.some((one) => name === one || name.startsWith(`${one}/`)),
      ),
      'src/web/ui is looks only: pass what it needs in props.',
    );
  });
});

describe('each secret and each skill has one room', () => {
  test('only bff/moov speaks to the upstream', () => {
    const strangers = filesOf('bff', 'web', 'contract').filter(({ path }) => !within(path, 'bff/moov'));
    hold(
      [
        ...breachesOf(strangers, /oauth2\/token|x-moov-version|client_credentials/i),
        ...importsBreaking(strangers, (name) => name !== 'undici' && name !== '@moovio/sdk'),
      ],
      'Give src/bff/moov a call for it, and use that.',
    );
  });

  test('the keys are read by the settings and by bff/moov, and nowhere else', () => {
    hold(
      breachesOf(
        filesOf('bff', 'web', 'contract').filter(({ path }) => !within(path, 'bff/moov') && path !== 'bff/settings.ts'),
        /\.MOOV_(PUBLIC|SECRET)_KEY|\bMOOV_(PUBLIC|SECRET)_KEY\b['"]?[:\]]/,
      ),
      'Pass the call, not the key.',
    );
  });

  test('only the settings read the environment', () => {
    hold(
      breachesOf(
        // The two programs hand it over whole; readSettings alone looks into it.
        filesOf('bff', 'web', 'contract').filter(({ path }) => path !== 'bff/main.ts' && path !== 'bff/admin.ts'),
        /process\.env/,
      ),
      'Add the setting to src/bff/settings.ts, so that a bad value is told at start, with all the others.',
    );
  });

  test('only bff/store speaks SQL', () => {
    const strangers = filesOf('bff', 'web', 'contract').filter(({ path }) => !within(path, 'bff/store'));
    hold(
      [
        ...breachesOf(strangers, /\bsql`|\b(insert into|delete from|select .+ from|update \w+ set)\b/i),
        ...importsBreaking(strangers, (name) => !/^(pg|drizzle-orm|@electric-sql\/pglite)(\/|$)/.test(name)),
      ],
      'Write the query in src/bff/store and give it a name that says what it is for.',
    );
  });

  test('the browser asks the server in one place', () => {
    hold(
      breachesOf(
        filesOf('web').filter(({ path }) => !within(path, 'web/api')),
        /\bfetch\(|new (XMLHttpRequest|EventSource|WebSocket)\b|sendBeacon\(/,
      ),
      'Use request() of src/web/api: it knows deadlines, problems and the session.',
    );
  });

  test('the editor stays in web/composer, so that it loads behind the form', () => {
    hold(
      importsBreaking(
        filesOf('web').filter(({ path }) => !within(path, 'web/composer')),
        (name) => !/^@tiptap\//.test(name),
      ),
      'Give src/web/composer what you need from the editor.',
    );
  });
});

describe('what people see', () => {
  test('nothing turns text into markup or code', () => {
    hold(
      breachesOf(
        // The composer sets the content of its textbox to nothing, once, so that React leaves alone what people type.
        filesOf('web').filter(({ path }) => path !== 'web/composer/composer.tsx'),
        /dangerouslySetInnerHTML|\.(inner|outer)HTML\s*=(?!=)|insertAdjacentHTML|document\.write|\beval\(|new Function\(/,
      ),
      'Render elements; HTML from outside goes through MessageHTML of src/web/composer, which cleans it.',
    );
  });

  test('no component holds words: they stand in web/words, to be translated', () => {
    const components = filesOf('web').filter(({ path }) => path.endsWith('.tsx') && !within(path, 'web/words'));
    const word = /\p{L}{2,}/u;
    hold(
      components.flatMap(({ path, code }) => [
        ...[...code.matchAll(/>([^<>{}]*)<\//g)].flatMap(([, text]) =>
          text !== undefined && word.test(text) && !/[;=]/.test(text) ? [`${path}: ${text.trim()}`] : [],
        ),
        ...[...code.matchAll(/\s(aria-label|title|placeholder|alt|label|summary)="([^"]*)"/g)].flatMap(
          ([, name, text]) => (text !== undefined && word.test(text) ? [`${path}: ${name}="${text}"`] : []),
        ),
      ]),
      'Move the words to a catalogue in src/web/words and take them from there.',
    );
  });

  test('colors come from custom properties, so that a partner’s accent and the dark scheme reach everything', () => {
    hold(
      breachesOf(
        sources.filter(({ path }) => path.endsWith('.css') && path !== 'web/ui/tokens.css'),
        /#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch|lab|lch)a?\(/i,
      ),
      'Use a property of src/web/ui/tokens.css, or add one there.',
    );
  });
});
