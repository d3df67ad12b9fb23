import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { House, type Push } from '../kills/house.js';
import { expectOneOutcome } from '../kills/outcome.js';
import { SeededRandom } from '../storm/seeded-random.js';
import { until } from '../until.js';

const run = promisify(execFile);
const seed = Number(process.env['CROSSTIE_TEST_SEED'] ?? 60);
/** Few, since each costs seconds; by hand more: CROSSTIE_TEST_KILLS=50 CROSSTIE_TEST_RESTARTS=10. */
const kills = Number(process.env['CROSSTIE_TEST_KILLS'] ?? 2);
const restarts = Number(process.env['CROSSTIE_TEST_RESTARTS'] ?? 4);

/** `crosstie serve` with nothing but its data directory: the database is its own. */
describe('a server that brings its own database', () => {
  let house: House;

  beforeAll(async () => {
    house = await House.build({ databaseUrl: null });
  }, 90_000);

  afterAll(async () => {
    await house?.tearDown();
  }, 60_000);

  const pidOfServer = async (): Promise<number> =>
    ((await (await fetch(`${house.server.url}/healthz`)).json()) as { pid: number }).pid;

  /** Of the PostgreSQL that was started last. */
  function pidOfDatabase(): number {
    const lines = house.server.output().split('\n');
    const last = lines.findLast((line) => line.includes('the embedded database is up'));
    return (JSON.parse(last ?? '{}') as { pid?: number }).pid ?? 0;
  }

  const ready = () =>
    until(async () => (await fetch(`${house.server.url}/readyz`)).ok, 'the server to be ready', 30_000);

  it('listens on loopback alone, and its database asks for a password and writes through to the disk (O8, F60)', async () => {
    const pids = await familyOf([await pidOfServer(), pidOfDatabase()]);
    const addresses = await listeningOf(pids);
    const ports = addresses.map(({ port }) => port);
    const database = new URL(await house.databaseUrl());
    expect(ports).toEqual(expect.arrayContaining([Number(new URL(house.server.url).port), Number(database.port)]));
    // The third is that of its metrics.
    expect(ports).toHaveLength(3);
    expect(new Set(addresses.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']));
    expect(database.password.length).toBeGreaterThanOrEqual(32);
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      expect(await house.rows(`SHOW ${setting}`)).toEqual([{ [setting]: 'on' }]);
    }
  });

  it(`gets its database back ${restarts} times while pushes come, and loses none of them (F10)`, async () => {
    const server = await pidOfServer();
    const pushed: Push[] = [];
    for (let n = 0; n < restarts; n += 1) {
      const before = pidOfDatabase();
      pushed.push(await house.push({ runs: n % 3 === 0 ? 'itself' : 'nothing' }));
      // Every second one as `pg_ctl -m immediate stop` does it, the others as the kernel does when memory is short.
      process.kill(before, n % 2 === 0 ? 'SIGQUIT' : 'SIGKILL');
      await until(() => pidOfDatabase() !== before, 'another database', 20_000);
      await ready();
    }
    for (const push of pushed.filter((_, n) => n % 3 === 0)) await expectOneOutcome(house, push);
    await expectAllDecided(pushed);
    expect(await pidOfServer()).toBe(server);
    expect(house.server.output()).not.toMatch(/nobody (caught|handled)/);
  }, 120_000);

  it(
    `is killed with its database ${kills} times at moments of seed ${seed}, and each push has its one outcome (F60)`,
    async () => {
      const random = new SeededRandom(seed);
      const pushed: Push[] = [];
      for (let n = 0; n < kills; n += 1) {
        pushed.push(await house.push());
        await new Promise((passed) => setTimeout(passed, random.between(0, 800)));
        const pids = [await pidOfServer().catch(() => 0), pidOfDatabase()].filter((pid) => pid > 0);
        for (const pid of pids) process.kill(pid, 'SIGKILL');
        await house.server.died();
        await house.server.start();
      }
      for (const push of pushed) await expectOneOutcome(house, push);
    },
    30_000 + kills * 20_000,
  );

  it('does not start with keys that others may read, and says which file (O8)', async () => {
    expect(await house.server.stop()).toBe(0);
    const file = join(house.directory, 'data/encryption-keys');
    await chmod(file, 0o644);
    const running = house.server.launch();
    expect(await until(() => running.exitStatus(), 'its end', 20_000)).toBe(78);
    expect(running.output()).toContain(`${file}: others than its owner may read`);
    await chmod(file, 0o600);
    await house.server.start();
  }, 60_000);

  /** Whether each push that makes no pipeline has its reason, and the others one pipeline. */
  async function expectAllDecided(pushed: readonly Push[]): Promise<void> {
    const shas = new Set(pushed.map(({ sha }) => sha));
    const sent = await house.github.deliveries({ event: 'push' });
    const guids = sent.filter(({ payload }) => shas.has((payload as { after: string }).after)).map(({ guid }) => guid);
    const query = `SELECT d.state, (SELECT count(*)::int FROM pipeline WHERE delivery_id = d.id) AS pipelines, d.reason
                     FROM webhook_delivery d WHERE d.guid = ANY($1)`;
    const rows = await until(
      async () => {
        const found = await house.rows<{ state: string; pipelines: number; reason: string | null }>(query, [
          ...new Set(guids),
        ]);
        return found.length === pushed.length && found.every(({ state }) => state === 'done') && found;
      },
      'every push to be decided',
      60_000,
    );
    for (const { pipelines, reason } of rows)
      expect([pipelines, reason]).toEqual(pipelines ? [1, null] : [0, 'no_ci_file']);
  }
});

describe('an object', () => {
  it('is on the disk before it has its name, and its name is before anybody is told (F60)', async () => {
    if (
      await run('strace', ['-V']).then(
        () => false,
        () => true,
      )
    ) {
      process.stderr.write('What an object store asks of the disk is not shown: there is no strace here\n');
      return;
    }
    const directory = await mkdtemp(join(tmpdir(), 'crosstie-strace-'));
    try {
      const calls = await callsOf(join(directory, 'calls'), join(directory, 'objects'));
      const named = calls.findIndex((call) => call.startsWith('rename'));
      expect(named).toBeGreaterThan(0);
      expect(calls[named - 1]).toMatch(/^f(data)?sync/);
      expect(calls[named + 1]).toMatch(/^fsync/);
      expect(calls.at(-1)).toMatch(/^write\(1, "told/);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }, 30_000);
});

/** What putting one object asks of the kernel, in order. */
async function callsOf(file: string, objects: string): Promise<string[]> {
  const built = resolve(import.meta.dirname, '../../../../libs/platform/dist/object-store');
  const script = `
    import { Readable } from 'node:stream';
    import { DirectoryStore } from ${JSON.stringify(`${built}/directory-store.js`)};
    import { objectKey } from ${JSON.stringify(`${built}/object-store.js`)};
    await new DirectoryStore(${JSON.stringify(objects)}).put(objectKey('artifacts'), Readable.from([Buffer.from('x')]));
    process.stdout.write('told');`;
  const traced = [
    '-f',
    '-qq',
    '-o',
    file,
    '-e',
    'trace=fsync,fdatasync,rename,renameat,renameat2,write',
    '-e',
    'write=none',
  ];
  const env = { ...process.env, NODE_OPTIONS: '' };
  await run('strace', [...traced, process.execPath, '--input-type=module', '-e', script], { env });
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.replace(/^\d+\s+/, ''));
  return lines.filter((line) => /^(f(data)?sync|rename)/.test(line) || line.startsWith('write(1, "told'));
}

/** These processes and all that they have started. */
async function familyOf(pids: readonly number[]): Promise<Set<string>> {
  const parents = new Map<string, string>();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    parents.set(pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '');
  }
  const family = new Set(pids.map(String));
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  return family;
}

/** What these processes listen on, as the kernel tells it. */
async function listeningOf(pids: ReadonlySet<string>): Promise<{ address: string; port: number }[]> {
  const sockets = new Set<string>();
  for (const pid of pids) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
      if (inode) sockets.add(inode);
    }
  }
  const found = [];
  for (const table of ['tcp', 'tcp6']) {
    const lines = (await readFile(`/proc/net/${table}`, 'utf8')).trim().split('\n').slice(1);
    for (const line of lines.map((each) => each.trim().split(/\s+/))) {
      const [, local = '', , state, , , , , , inode = ''] = line;
      if (state !== '0A' || !sockets.has(inode)) continue;
      const [hex = '', port = ''] = local.split(':');
      const v4 = Buffer.from(hex, 'hex').reverse().join('.');
      found.push({ address: table === 'tcp' ? v4 : hex, port: Number.parseInt(port, 16) });
    }
  }
  return found;
}
