import { execFile } from 'node:child_process';
import { lstat, readFile, readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import {
  DEFAULT_CONFIG_PATH,
  bundledTemplate,
  compile,
  type CompileAnswer,
  type CompileContext,
  type CompileInput,
} from '@crosstie/ci-config';

const run = promisify(execFile);

const NAMES_MAX = 200_000;
const ROUNDS_MAX = 200;

export interface CheckoutRequest {
  directory: string;
  context: CompileContext;
  configPath?: string;
  explain?: boolean;
}

/** A checkout as the compiler takes it, with the files that it asked for, and its answer. */
export interface ReadCheckout {
  input: CompileInput;
  answer: CompileAnswer;
}

/** Compiles a checkout on disk. */
export async function compileCheckout(request: CheckoutRequest): Promise<CompileAnswer> {
  return (await readCheckout(request)).answer;
}

/**
 * Reads a checkout on disk until the compiler asks for nothing more. Of its files only the names are
 * listed, and only the CI files that the compiler asks for are read, none of them outside the checkout.
 */
export async function readCheckout(request: CheckoutRequest): Promise<ReadCheckout> {
  const root = await realpath(request.directory);
  const configPath = request.configPath ?? DEFAULT_CONFIG_PATH;
  const files: Record<string, string> = Object.create(null);
  const other: Record<string, string> = Object.create(null);
  const context = { ...request.context, paths: request.context.paths ?? (await listNames(root)) };
  const input = { id: request.directory, files, other, config_path: configPath, context, explain: request.explain };
  const asked = new Set<string>();
  const asks = [configPath];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    for (const path of asks.splice(0)) {
      asked.add(path);
      const text = await readInside(root, path);
      if (text !== null) files[path] = text;
    }
    const answer = compile(input);
    const wanted = answer.wanted.filter((key) => !asked.has(key));
    const templates = wanted.filter((key) => takeTemplate(key, other));
    asks.push(...wanted.filter((key) => !isElsewhere(key)));
    if (asks.length + templates.length === 0) return { input, answer };
  }
  return { input, answer: compile(input) };
}

/** Lays a bundled template into `other`; whether there is one. */
function takeTemplate(key: string, other: Record<string, string>): boolean {
  const text = key.startsWith('template:') ? bundledTemplate(key.slice('template:'.length)) : undefined;
  if (text === undefined || Object.hasOwn(other, key)) return false;
  other[key] = text;
  return true;
}

function isElsewhere(key: string): boolean {
  return /^(?:remote|project|template|component):/.test(key);
}

/** A file of the checkout as text; null when it is none, or leads out of the checkout. */
async function readInside(root: string, path: string): Promise<string | null> {
  try {
    const real = await realpath(resolve(root, path));
    const inside = relative(root, real);
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return null;
    if (!(await lstat(real)).isFile()) return null;
    return await readFile(real, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whether a file system call failed because there is no such file. */
export function isMissing(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ERR_INVALID_ARG_VALUE';
}

/** The names of all files, with slashes and sorted: what git knows or would add, else what lies there. */
async function listNames(root: string): Promise<string[]> {
  return (await namesFromGit(root)) ?? namesFromDisk(root);
}

async function namesFromGit(root: string): Promise<string[] | null> {
  try {
    const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    // A file monitor named in the checkout's own configuration would be a program of a stranger.
    const { stdout } = await run('git', ['-C', root, '-c', 'core.fsmonitor=false', ...listing], {
      maxBuffer: 64 * 1024 * 1024,
      timeout: 30_000,
    });
    const names = stdout.split('\0').filter((name) => name !== '');
    return names.length === 0 ? null : names.slice(0, NAMES_MAX).sort();
  } catch {
    // No git, or no repository: the files that lie there are all there is to know.
    return null;
  }
}

async function namesFromDisk(root: string): Promise<string[]> {
  const names: string[] = [];
  const pending = [root];
  for (let folder = pending.pop(); folder !== undefined && names.length < NAMES_MAX; folder = pending.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== '.git' && entry.name !== 'node_modules') pending.push(path);
      } else names.push(relative(root, path).split(sep).join('/'));
    }
  }
  return names.sort();
}
