import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';

const worthIt = /\.(?:css|html|js|json|mjs|svg|txt|webmanifest)$/;
const encoders = {
  '.br': (data: Buffer) =>
    promisify(brotliCompress)(data, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
      },
    }),
  '.zst': (data: Buffer) => promisify(zstdCompress)(data, { params: { [constants.ZSTD_c_compressionLevel]: 19 } }),
  '.gz': (data: Buffer) => promisify(gzip)(data, { level: constants.Z_BEST_COMPRESSION }),
};

/**
 * Writes `.br`, `.zst` and `.gz` files beside every text file below a folder, where that makes it smaller. It runs at the end of a
 * build and takes seconds, so that the portal need not compress anything when it serves the files.
 * @returns how many files were written
 */
export async function precompress(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  let written = 0;
  for (const entry of files) {
    if (!entry.isFile() || !worthIt.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const data = await readFile(file);
    for (const [extension, encode] of Object.entries(encoders)) {
      const encoded = await encode(data);
      if (encoded.length >= data.length) continue;
      await writeFile(file + extension, encoded);
      written += 1;
    }
  }
  return written;
}

if (import.meta.main) {
  const folder = process.argv[2] ?? 'dist/web';
  process.stdout.write(`${await precompress(folder)} compressed files written below ${folder}\n`);
}
