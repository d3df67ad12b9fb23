import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { CommandError, exitStatus } from '../exit-status.js';
import { startApp } from './start-app.js';

/** `crosstie serve`: the five services' modules in one process. */
export function serve(options: { data?: string; port: string }): Promise<number> {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new CommandError(`--port ${options.port} is no port number`, exitStatus.usage);
  }
  return startApp('all-in-one', [resolve(options.data ?? defaultDataDirectory()), String(port)]);
}

/** Where a server keeps its things unless told otherwise. */
export function defaultDataDirectory(): string {
  if (process.getuid?.() === 0) return '/var/lib/crosstie';
  return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'crosstie');
}
