import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { MiddlewareHandler } from 'hono';
import { isCall } from './headers.ts';

const types: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};
/** Content codings by the extension that `static-precompress` gives them. */
const codings: Readonly<Record<string, string>> = { '.br': 'br', '.zst': 'zstd', '.gz': 'gzip' };

type Variant = { coding?: string; data: Buffer<ArrayBuffer>; headers: Record<string, string> };
/** The variants of one file, smallest first. The uncompressed one is always among them. */
type StaticFile = readonly Variant[];

type StaticOptions = {
  /** the folder that `vite build` wrote */
  root: string;
  /** pages with an HTML file of their own, by their path; every other page is `index.html` */
  pages?: readonly { pattern: RegExp; file: string }[];
};

/**
 * Serves the built web from memory. All files are read here, once. A request can only name one of them, so no path such as
 * `../` can lead out of the folder. The compressed variants are the files that the build wrote beside them.
 * @returns the middleware, and the CSP hashes of the blocks written into the HTML files
 * @throws when the folder or one of the HTML files is missing
 */
export async function createStatic(options: StaticOptions) {
  const files = await readFiles(options.root);
  const pages = options.pages ?? [];
  for (const { file } of [...pages, { file: 'index.html' }]) {
    if (!files.has(`/${file}`)) throw new Error(`${path.join(options.root, file)} is missing: build the web first`);
  }
  const pageFor = (pathname: string) =>
    files.get(`/${pages.find(({ pattern }) => pattern.test(pathname))?.file ?? 'index.html'}`);

  const handler: MiddlewareHandler = async (c, next) => {
    const { method, path: pathname } = c.req;
    if ((method !== 'GET' && method !== 'HEAD') || isCall(pathname)) return next();
    const file =
      files.get(pathname.replace(again, '/assets/')) ??
      (isPage(pathname, c.req.header('accept')) ? pageFor(pathname) : undefined);
    if (file === undefined) return c.text('Not found', 404, { 'cache-control': 'no-store' });
    const variant = choose(file, c.req.header('accept-encoding'));
    if (matches(c.req.header('if-none-match'), variant.headers.etag)) {
      const { 'content-length': _, 'content-encoding': __, ...kept } = variant.headers;
      return c.body(null, 304, kept);
    }
    // Hono answers HEAD without the body.
    return c.body(variant.data, 200, variant.headers);
  };
  const html = [...files].filter(([name]) => name.endsWith('.html')).map(([, file]) => withoutCoding(file));
  return { handler, scriptHashes: hashesOf(html, scriptBlock), styleHashes: hashesOf(html, styleBlock) };
}

async function readFiles(root: string): Promise<Map<string, StaticFile>> {
  const contents = new Map<string, Buffer<ArrayBuffer>>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    contents.set(`/${path.relative(root, file).split(path.sep).join('/')}`, await readFile(file));
  }
  const files = new Map<string, StaticFile>();
  for (const [name, data] of contents) {
    if (path.extname(name) in codings) continue;
    const encoded = Object.keys(codings).filter((extension) => contents.has(name + extension));
    const headers = {
      'content-type': types[path.extname(name)] ?? 'application/octet-stream',
      'cache-control': cacheControl(name),
      ...(encoded.length > 0 && { vary: 'accept-encoding' }),
    };
    const tag = createHash('sha256').update(data).digest('base64url').slice(0, 22);
    const variants: Variant[] = [
      { data, headers: { ...headers, etag: `"${tag}"`, 'content-length': String(data.length) } },
    ];
    for (const extension of encoded) {
      const [coding, smaller] = [codings[extension], contents.get(name + extension)];
      if (coding === undefined || smaller === undefined) continue;
      variants.push({
        coding,
        data: smaller,
        headers: {
          ...headers,
          'content-encoding': coding,
          etag: `"${tag}-${coding}"`,
          'content-length': String(smaller.length),
        },
      });
    }
    files.set(
      name,
      variants.toSorted((one, other) => one.data.length - other.data.length),
    );
  }
  return files;
}

/** A page that could not load a program asks for it again below this folder, under a new address (`src/web/early.ts`). */
const again = /^\/assets\/again-\d+\//;

/** Vite puts a hash of the content into the name of every file below /assets, so a file of such a name never changes. */
function cacheControl(name: string): string {
  if (name.startsWith('/assets/')) return 'public, max-age=31536000, immutable';
  return name.endsWith('.html') ? 'no-cache' : 'public, max-age=3600';
}

/** Whether a request is for a page: it accepts HTML, or it accepts anything (a tool) and its path does not end with a file name. */
function isPage(pathname: string, accept: string | undefined): boolean {
  if (pathname.startsWith('/assets/')) return false;
  if (accept?.includes('text/html') === true) return true;
  // Not a regular expression: for each dot it would look through all the rest of the path, which is slow for a path of many dots.
  const lastPart = pathname.slice(pathname.lastIndexOf('/') + 1);
  return (accept === undefined || accept.includes('*/*')) && !lastPart.includes('.');
}

/** The smallest compressed variant that `Accept-Encoding` allows (RFC 9110, section 12.5.3), else the uncompressed one. */
function choose(file: StaticFile, accepted: string | undefined): Variant {
  const weights = new Map<string, number>();
  for (const part of accepted?.toLowerCase().split(',') ?? []) {
    const [coding = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    weights.set(coding, weight === undefined ? 1 : Number(weight));
  }
  const allowed = file.find(({ coding }) => coding !== undefined && (weights.get(coding) ?? weights.get('*') ?? 0) > 0);
  return allowed ?? withoutCoding(file);
}

function withoutCoding(file: StaticFile): Variant {
  const variant = file.find(({ coding }) => coding === undefined);
  if (variant === undefined) throw new Error('every file is held without a coding too');
  return variant;
}

/** Whether `If-None-Match` names this ETag, by weak comparison (RFC 9110, section 13.1.2). */
function matches(condition: string | undefined, etag: string | undefined): boolean {
  if (condition === undefined || etag === undefined) return false;
  return condition.trim() === '*' || condition.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

const scriptBlock = /<script(?![^>]*\ssrc[\s=>])[^>]*>([\s\S]*?)<\/script>/g;
const styleBlock = /<style[^>]*>([\s\S]*?)<\/style>/g;

/** CSP hash sources of the blocks in our own built HTML. */
function hashesOf(html: readonly Variant[], block: RegExp): string[] {
  const found = html.flatMap(({ data }) => [...data.toString('utf8').matchAll(block)].map((match) => match[1] ?? ''));
  return [...new Set(found)].map((text) => `sha256-${createHash('sha256').update(text).digest('base64')}`);
}
