import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobPayload, JobVariable } from './job-payload.js';

/** Of the runner's own environment jobs see these alone: nothing secret of the host leaks into a script. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ'];
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Where one job lives on this host. */
export interface JobPlaces {
  buildsDir: string;
  /** The working copy. */
  projectDir: string;
  /** Scripts and file variables; emptied when the job is over. */
  tempDir: string;
  /** Caches of the project, shared by all of this host's jobs. */
  cacheDir: string;
}

export interface JobEnvironment {
  /** Complete environment for a step's process. */
  env: Record<string, string>;
  /** Values that must not appear in the log. */
  secrets: string[];
  /** Fills `$NAME` in settings such as artifact paths. */
  expand(text: string): string;
}

/**
 * Makes the environment of a job's processes: later variables win, each is expanded once against
 * the others unless it is raw, file variables become 0600 files whose path the variable holds.
 */
export async function makeJobEnvironment(
  job: JobPayload,
  places: JobPlaces,
  own: Record<string, string>,
): Promise<JobEnvironment> {
  const given = new Map<string, JobVariable>();
  for (const [key, value] of Object.entries(own)) given.set(key, { key, value, raw: true });
  for (const variable of job.variables) if (SHELL_NAME.test(variable.key)) given.set(variable.key, variable);

  const lookUp = (name: string) => given.get(name)?.value ?? '';
  const env: Record<string, string> = {};
  for (const name of INHERITED) if (process.env[name] !== undefined) env[name] = process.env[name];
  const secrets = tokensOf(job);

  await mkdir(places.tempDir, { recursive: true, mode: 0o700 });
  for (const variable of given.values()) {
    // A NUL cannot be part of an environment value, and what follows it would be lost silently.
    const value = (variable.raw ? variable.value : expandOnce(variable.value, lookUp)).replaceAll('\0', '');
    if (variable.masked) secrets.push(value);
    env[variable.key] = variable.file ? await writeVariableFile(places.tempDir, variable.key, value) : value;
  }
  return { env, secrets, expand: (text) => expandOnce(text, (name) => env[name] ?? '') };
}

/** `$NAME` and `${NAME}` become the variable's value, `$$` a dollar sign; nothing is expanded twice. */
export function expandOnce(text: string, lookUp: (name: string) => string): string {
  return text.replace(/\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g, (_, dollar, braced, bare) =>
    dollar ? '$' : lookUp(String(braced ?? bare)),
  );
}

async function writeVariableFile(dir: string, key: string, value: string): Promise<string> {
  const path = join(dir, key);
  await writeFile(path, value, { mode: 0o600 });
  await chmod(path, 0o600);
  return path;
}

function tokensOf(job: JobPayload): string[] {
  const tokens = [job.token, ...(job.dependencies ?? []).map((dependency) => dependency.token)];
  const password = URL.parse(job.git_info.repo_url)?.password;
  if (password) tokens.push(password, decodeURIComponent(password));
  return tokens;
}
