import { readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { Secret } from '@crosstie/platform';
import { Keyring, rotateKeys } from '@crosstie/token-vault';
import type { Command } from 'commander';

import { CommandError, exitStatus } from '../exit-status.js';
import { withDatabase } from '../operate/open-database.js';
import { defaultDataDirectory } from '../run/serve.js';
import { print } from './output.js';
import { type AdminOptions, describe } from './command-options.js';

/** `keys add`, `keys rotate`. */
export function describeKeys(admin: Command): void {
  describe(admin, 'keys', 'add', "put new keys before the old ones in a `crosstie serve` directory's key file")
    .argument('<keyid>', 'what the new keys are called, such as k2')
    .action(addKeys);

  describe(admin, 'keys', 'rotate', 'put every sealed record under the first key of its class').action(
    (options: AdminOptions) =>
      withDatabase(options.data, async (db) => {
        const keyring = Keyring.parse((await readKeys(options.data)).reveal());
        const done = await rotateKeys(db, keyring);
        print(
          done.map((one) => ({ class: one.class, key: one.keyId, rewrapped: one.rewrapped })),
          options.json ?? false,
        );
      }),
  );
}

async function addKeys(keyId: string, options: AdminOptions): Promise<void> {
  if (!/^[A-Za-z0-9_.-]{1,32}$/.test(keyId)) {
    throw new CommandError(`${keyId} cannot name a key: letters, digits, "_", ".", "-"`, exitStatus.usage);
  }
  const path = keyFile(options.data);
  const old = (await readFile(path, 'utf8').catch(noKeyFile)).trim();
  if (old.split(',').some((entry) => entry.split(':')[1] === keyId)) {
    throw new CommandError(`There are keys called ${keyId} already`, exitStatus.no);
  }
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${Keyring.generate(keyId)},${old}\n`, { mode: 0o600 });
  await rename(draft, path);
  process.stdout.write(`Restart the server, so that it reads the keys ${keyId}; then run crosstie admin keys rotate\n`);
}

/** From the configuration, else from the data directory. */
async function readKeys(data: string | undefined): Promise<Secret> {
  const file = process.env['CROSSTIE_ENCRYPTION_KEYS_FILE'];
  if (data === undefined && file) return new Secret((await readFile(file, 'utf8')).trim());
  const configured = data === undefined ? process.env['CROSSTIE_ENCRYPTION_KEYS'] : undefined;
  return new Secret(configured ?? (await readFile(keyFile(data), 'utf8').catch(noKeyFile)).trim());
}

const keyFile = (data: string | undefined): string => join(resolve(data ?? defaultDataDirectory()), 'encryption-keys');

function noKeyFile(): never {
  throw new CommandError(
    'There is no key file: give --data DIR as for crosstie serve, or set CROSSTIE_ENCRYPTION_KEYS',
    exitStatus.configuration,
  );
}
