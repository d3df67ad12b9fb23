import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { ServiceProcess } from '../distributed/service-process.js';
import { freePort } from '../free-port.js';
import { type FreshDatabase, freshDatabase } from '../fresh-database.js';
import { testKeysOf } from '../test-context.js';
import { until } from '../until.js';

const present = await new Promise<boolean>((done) => {
  execFile('pgbouncer', ['--version'], (error) => done(error === null));
});
if (!present) process.stderr.write('PgBouncer before the database is not shown: there is none on this machine\n');

(present ? describe : describe.skip)('PgBouncer between a service and PostgreSQL (F18)', () => {
  let directory: string;
  let database: FreshDatabase;
  let port: number;
  let pooler: ChildProcess | null = null;
  let service: ServiceProcess | null = null;

  beforeAll(async () => {
    // PgBouncer does not run as root, and reads its files as somebody else.
    directory = await mkdtemp(join(tmpdir(), 'crosstie-pooler-'));
    await chmod(directory, 0o755);
    database = await freshDatabase();
  }, 60_000);
  afterEach(async () => {
    await service?.stop();
    pooler?.kill('SIGTERM');
  });
  afterAll(async () => {
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  async function startPooler(mode: string, ignored: string): Promise<void> {
    const { hostname, port: behind, username, password, pathname } = new URL(database.url);
    port = await freePort();
    const settings = join(directory, `pgbouncer-${port}.ini`);
    await writeFile(
      settings,
      `[databases]
* = host=${hostname} port=${behind} user=${username} password=${decodeURIComponent(password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 3
ignore_startup_parameters = ${ignored}
`,
    );
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    pooler = spawn('pgbouncer', ['-q', ...user, settings], { stdio: 'ignore' });
    await until(async () => {
      const client = new pg.Client({ host: '127.0.0.1', port, user: username, database: pathname.slice(1) });
      await client.connect();
      await client.end();
      return true;
    }, 'PgBouncer');
  }

  async function launch(): Promise<ServiceProcess> {
    const url = new URL(database.url);
    url.port = String(port);
    service = await ServiceProcess.of('webhook-gateway', directory, {
      CROSSTIE_DATABASE_URL: url.href,
      CROSSTIE_NATS_URL: `nats://127.0.0.1:${await freePort()}`,
      CROSSTIE_ENCRYPTION_KEYS: testKeysOf(['hook']),
    });
    service.launch();
    return service;
  }

  it.each([
    ['transaction', 'options,statement_timeout,idle_in_transaction_session_timeout'],
    ['transaction', 'statement_timeout,idle_in_transaction_session_timeout'],
    ['session', 'options,statement_timeout,idle_in_transaction_session_timeout'],
  ])(
    'in mode %s that ignores %s is refused with status 78 and what to do',
    async (mode, ignored) => {
      await startPooler(mode, ignored);
      const running = await launch();
      expect(await running.ended()).toBe(78);
      expect(running.output()).toContain('CROSSTIE_DATABASE_URL: PostgreSQL is reached through a pooler');
      expect(running.output()).toContain('give the address of PostgreSQL itself');
    },
    60_000,
  );
});
