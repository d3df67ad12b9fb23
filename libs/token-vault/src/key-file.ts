import { link, open, rm } from 'node:fs/promises';

import { ConfigError, Secret } from '@crosstie/platform';

import { Keyring } from './keyring.js';

/**
 * The keys of an installation that makes its own: read from `path`, or made and written there (mode 0600)
 * when there is no such file. Of two processes that start at once, the first one's keys hold for both. Throws a
 * ConfigError when others than its owner may read or write it.
 */
export async function keysFromFile(path: string): Promise<Secret> {
  const known = await readKeys(path);
  if (known) return known;
  const draft = `${path}.${process.pid}`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(`${Keyring.generate()}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  // A link appears whole or not at all, and never replaces a file that is there.
  await link(draft, path).catch(ignore('EEXIST'));
  await rm(draft, { force: true });
  const keys = await readKeys(path);
  if (!keys) throw new Error(`The key file ${path} was removed while this process started`);
  return keys;
}

async function readKeys(path: string): Promise<Secret | null> {
  const file = await open(path, 'r').catch(ignore('ENOENT'));
  if (!file) return null;
  try {
    // Looked at by the open file, so that what is read is what was looked at.
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) {
      throw new ConfigError([`${path}: others than its owner may read the keys in it; chmod 600 it`]);
    }
    return new Secret((await file.readFile('utf8')).trim());
  } finally {
    await file.close();
  }
}

function ignore(code: string): (error: unknown) => null {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return null;
  };
}
