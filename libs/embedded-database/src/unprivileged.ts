import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How PostgreSQL's programs are started: it refuses to run as root. */
export interface Launcher {
  /** Put before the program's own command line. */
  prefix: string[];
  uid?: number;
  gid?: number;
}

/**
 * Finds a way to run `program` without root's rights on `directory`: as ourselves when we are nobody
 * special, as the system's `nobody`, or, where that user cannot reach the program or the directory
 * (a home of mode 700), inside a user namespace.
 */
export async function findLauncher(program: string, directory: string): Promise<Launcher> {
  if (process.getuid?.() !== 0) return { prefix: [] };

  const uid = await idOf('-u');
  const gid = await idOf('-g');
  if (uid !== null && gid !== null) {
    const asNobody = { prefix: [], uid, gid };
    await chown(directory, uid, gid);
    if (await works(asNobody, program, directory)) return asNobody;
    await chown(directory, 0, 0);
  }
  const inNamespace = { prefix: ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'] };
  if (await works(inNamespace, program, directory)) return inNamespace;
  throw new Error(
    `PostgreSQL does not run as root, and the user "nobody" cannot reach ${directory} or ${program}. ` +
      'Use a data directory that other users can enter (such as /var/lib/crosstie), run as an ordinary user, ' +
      'or set CROSSTIE_DATABASE_URL to a server.',
  );
}

async function works(launcher: Launcher, program: string, directory: string): Promise<boolean> {
  // `cd` proves that the directory can be entered, `touch` that it can be written.
  const script = 'cd "$1" && touch .probe && rm .probe && shift && exec "$@" --version';
  const [command, ...parameters] = [...launcher.prefix, '/bin/sh', '-c', script, 'sh', directory, program];
  return run(command, parameters, { uid: launcher.uid, gid: launcher.gid, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

async function idOf(flag: '-u' | '-g'): Promise<number | null> {
  return run('id', [flag, 'nobody']).then(
    ({ stdout }) => Number(stdout),
    () => null,
  );
}
