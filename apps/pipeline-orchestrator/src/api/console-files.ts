import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** One file of the built console, in memory. */
export interface ConsoleFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** Null where packing saves nothing. */
  readonly gzip: Buffer | null;
  /** Its name holds a digest of its content, so it may be kept for good. */
  readonly hashed: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** Where the console is built to: beside this app, both from its sources and from its own build. */
export const builtConsole = fileURLToPath(new URL('../../../console/dist', import.meta.url));

/**
 * Reads the built console whole: it is small, and a path from outside then names a key of a map, never a
 * file. Empty when it was not built.
 */
export function readConsoleFiles(directory: string): ReadonlyMap<string, ConsoleFile> {
  const files = new Map<string, ConsoleFile>();
  for (const path of pathsBelow(directory)) {
    const type = types[extname(path)];
    if (type === undefined) continue;
    const name = `/${relative(directory, path).split(sep).join('/')}`;
    const bytes = readFileSync(path);
    const gzip = gzipSync(bytes, { level: 9 });
    files.set(name, {
      type,
      bytes,
      gzip: gzip.length < bytes.length * 0.9 ? gzip : null,
      hashed: name.startsWith('/assets/'),
    });
  }
  return files;
}

function pathsBelow(directory: string): string[] {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}
