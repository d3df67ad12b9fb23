import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { roleOf } from '@crosstie/domain';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { freePort } from '../free-port.js';
import { emptyDatabase, type FreshDatabase, freshDatabase } from '../fresh-database.js';
import { crosstie } from '../processes.js';
import { databaseUrlFor } from '../service-logins.js';
import { testKeysOf } from '../test-context.js';
import { until } from '../until.js';
import { ServiceProcess } from './service-process.js';

const run = promisify(execFile);

interface Readiness {
  ready: boolean;
  checks: Record<string, string>;
}

/** One service alone, with something missing. There is no NATS here: no service needs it to start. */
describe('a service that cannot start', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crosstie-start-'));
    cleanUps.push(() => rm(directory, { recursive: true, force: true }));
  });

  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }, 60_000);

  async function launch(databaseUrl: string, keys = testKeysOf(['hook'])): Promise<ServiceProcess> {
    const process = await ServiceProcess.of('webhook-gateway', directory, {
      CROSSTIE_DATABASE_URL: databaseUrl,
      CROSSTIE_NATS_URL: `nats://127.0.0.1:${await freePort()}`,
      CROSSTIE_ENCRYPTION_KEYS: keys,
      CROSSTIE_LOG_FORMAT: 'json',
    });
    cleanUps.push(() => process.stop());
    process.launch();
    return process;
  }

  const readiness = async (process: ServiceProcess): Promise<Readiness> =>
    (await (await fetch(`${process.url}/readyz`)).json()) as Readiness;

  /** Waits until `/readyz` gives a reason for the database that fits. */
  const says = (process: ServiceProcess, reason: RegExp): Promise<unknown> =>
    until(async () => reason.test((await readiness(process)).checks['database'] ?? ''), String(reason), 60_000);

  async function database(made: Promise<FreshDatabase>): Promise<string> {
    const fresh = await made;
    cleanUps.push(() => fresh.drop());
    return fresh.url;
  }

  it('lives, says that the database is away, and ends with status 0', async () => {
    const process = await launch(`postgres://nobody:none@127.0.0.1:${await freePort()}/none`);
    await says(process, /ECONNREFUSED/);
    expect((await fetch(`${process.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${process.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${process.url}/webhooks/github`, { method: 'POST' })).status).toBe(503);
    expect(await process.stop()).toBe(0);
  }, 120_000);

  it('waits for the migrations, and serves once crosstie migrate has run', async () => {
    const url = await database(emptyDatabase());
    const process = await launch(await databaseUrlFor(url, 'webhook-gateway'));
    await says(process, /run crosstie migrate/);
    const env = { PATH: String(globalThis.process.env['PATH']), CROSSTIE_DATABASE_URL: url };
    const { stdout } = await run(globalThis.process.execPath, [crosstie, 'migrate'], { env });
    expect(stdout).toContain('5 services have what they need from the database');
    await process.ready();
    expect(await process.stop()).toBe(0);
  }, 120_000);

  it('serves on a database that a newer release has migrated already (F54)', async () => {
    const url = await database(freshDatabase());
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    await owner.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Later9999999999999')`);
    await owner.query('ALTER TABLE webhook_delivery ADD COLUMN later text');
    await owner.end();
    const process = await launch(await databaseUrlFor(url, 'webhook-gateway'));
    await process.ready();
    expect(await process.stop()).toBe(0);
  }, 40_000);

  it('names the privileges that it lacks', async () => {
    const url = await database(freshDatabase());
    const login = await databaseUrlFor(url, 'webhook-gateway');
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    await owner.query(`REVOKE INSERT ON webhook_delivery FROM ${roleOf('webhook-gateway')}`);
    await owner.end();
    const process = await launch(login);
    await says(process, /lacks INSERT on webhook_delivery; run crosstie migrate/);
    expect(await process.stop()).toBe(0);
  }, 120_000);

  it('ends with status 78 and the name of the key class that it was not given', async () => {
    const url = await database(freshDatabase());
    const process = await launch(await databaseUrlFor(url, 'webhook-gateway'), testKeysOf(['leases']));
    expect(await process.ended()).toBe(78);
    expect(process.output()).toContain('CROSSTIE_ENCRYPTION_KEYS: has no key of the class hook');
  }, 120_000);
});
