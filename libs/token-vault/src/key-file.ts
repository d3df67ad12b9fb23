import { link, open, readFile, rm } from 'node:fs/promises';

import { Secret } from '@crosstie/platform';

import { Keyring } from './keyring.js';

/**
 * The keys of an installation that makes its own: read from `path`, or made and written there (mode 0600)
 * when there is no such file. Of two processes that start at once, the first one's keys hold for both.
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
  const text = await readFile(path, 'utf8').catch(ignore('ENOENT'));
  return text === null ? null : new Secret(text.trim());
}

function ignore(code: string): (error: unknown) => null {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return null;
  };
}
