import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { CommandError, exitStatus } from '../exit-status.js';

/**
 * Runs an app's `dist/main.js` as a process of its own and ends when it ends. Signals are handed on,
 * so that a supervisor's SIGTERM reaches the app and its status comes back.
 */
export async function startApp(app: string, parameters: string[] = []): Promise<number> {
  const main = fileURLToPath(new URL(`../../../${app}/dist/main.js`, import.meta.url));
  if (!existsSync(main))
    throw new CommandError(`${app} has not been built: run script/build`, exitStatus.configuration);
  const child = spawn(process.execPath, ['--enable-source-maps', main, ...parameters], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => done(code ?? exitStatus.no));
  });
}
