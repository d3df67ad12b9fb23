import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

import { CommandError, exitStatus } from '../exit-status.js';

/**
 * Becomes an app's `dist/main.js`: the process keeps its number, so that a supervisor's signals, limits and kills
 * meet the app itself, and no second Node.js stands beside it. Where a process cannot be replaced, the app runs as a
 * child, signals are handed on and its status comes back; 128 and the signal's number where a signal ended it.
 */
export async function startApp(app: string, parameters: string[] = []): Promise<number> {
  const main = fileURLToPath(new URL(`../../../${app}/dist/main.js`, import.meta.url));
  if (!existsSync(main))
    throw new CommandError(`${app} has not been built: run script/build`, exitStatus.configuration);
  const command = ['--enable-source-maps', main, ...parameters];
  const { execPath, env, platform } = process;
  if (platform !== 'win32') process.execve?.(execPath, [execPath, ...command], env);
  return runAsChild(command);
}

function runAsChild(command: string[]): Promise<number> {
  const child = spawn(process.execPath, command, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code, signal) => done(code ?? (signal ? 128 + constants.signals[signal] : exitStatus.no)));
  });
}
