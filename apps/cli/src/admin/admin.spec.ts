import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource } from '@crosstie/domain';
import { type FreshDatabase, freshDatabase, testKeys } from '@crosstie/testkit';

import { type Ended, runCrosstie } from '../testing/run-crosstie.js';

describe('what an operator does at the command line', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  const crosstie = (...parameters: string[]): Promise<Ended> =>
    runCrosstie(parameters, { CROSSTIE_DATABASE_URL: database.url, CROSSTIE_ENCRYPTION_KEYS: testKeys });

  async function json(...parameters: string[]): Promise<unknown> {
    const { status, stdout, stderr } = await crosstie('admin', ...parameters, '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return JSON.parse(stdout);
  }

  it('makes people, once each', async () => {
    const made = await json('user', 'create', 'dana', '--name', 'Dana D.', '--admin');
    expect(made).toMatchObject({ username: 'dana', name: 'Dana D.', is_admin: true, state: 'active' });
    expect(await crosstie('admin', 'user', 'create', 'DANA')).toMatchObject({
      status: 1,
      stderr: 'crosstie: The username DANA is taken\n',
    });
    expect(await json('user', 'list')).toEqual([made]);
  });

  it('makes a token that is shown once and kept as a hash', async () => {
    const { token } = (await json('token', 'create', '--user', 'dana', '--scopes', 'read_api', '--days', '2')) as {
      token: string;
    };
    expect(token).toMatch(/^ctpat-.{40,}/);
    expect(await crosstie('admin', 'token', 'create', '--user', 'dana', '--scopes', 'everything')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('There is no scope everything'),
    });
    expect(await crosstie('admin', 'token', 'create', '--user', 'nobody')).toMatchObject({ status: 1 });
  });

  it('tells what each service may do, from the database itself', async () => {
    const rows = (await json('grants', 'list')) as {
      service: string;
      key_classes: string[];
      may: string;
      tables: string[];
    }[];
    expect(new Set(rows.map(({ service }) => service)).size).toBe(5);
    const gateway = rows.filter(({ service }) => service === 'webhook-gateway');
    for (const row of gateway) expect(row).toMatchObject({ role: 'crosstie_webhook_gateway', key_classes: ['hook'] });
    expect(gateway.find(({ tables }) => tables.includes('webhook_delivery'))?.may).toContain('insert');
    expect(gateway.flatMap(({ tables }) => tables)).not.toContain('job');
  });

  it('makes runners that can run something', async () => {
    expect(await json('runner', 'create', '--tags', 'linux,gpu')).toMatchObject({
      token: expect.stringMatching(/^glrt-.{40,}/),
      tags: ['gpu', 'linux'],
    });
    expect(await crosstie('admin', 'runner', 'create', '--no-untagged')).toMatchObject({ status: 2 });
    expect(await crosstie('admin', 'runner', 'create', '--project', 'acme/nothing')).toMatchObject({
      status: 1,
      stderr: 'crosstie: There is no project acme/nothing: crosstie admin project list\n',
    });
  });

  it('lists projects and deliveries, and says what cannot be replayed', async () => {
    expect(await json('project', 'list')).toEqual([]);
    expect(await json('delivery', 'list')).toEqual([]);
    expect(await crosstie('admin', 'delivery', 'replay', 'none')).toMatchObject({ status: 1 });
    expect(await crosstie('admin', 'delivery', 'recover', '--since', 'yesterday')).toMatchObject({ status: 2 });
  });

  it('puts sealed records under the first key of each class', async () => {
    expect(await json('keys', 'rotate')).toContainEqual({ class: 'users', key: 'test', rewrapped: 0 });
  });

  it('ends with 2 for what it does not know, 69 where no database answers, and 0 for help', async () => {
    expect(await crosstie('admin', 'nonsense')).toMatchObject({ status: 2 });
    expect(await crosstie('nonsense')).toMatchObject({ status: 2 });
    expect(await crosstie('admin', '--help')).toMatchObject({ status: 0 });
    const away = { CROSSTIE_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    expect(await runCrosstie(['admin', 'user', 'list'], away)).toMatchObject({ status: 69 });
  });

  it('migrates, and says whether something is missing', async () => {
    expect(await crosstie('migrate', '--status')).toMatchObject({ status: 0, stdout: 'the database is up to date\n' });
    expect(await crosstie('migrate')).toMatchObject({ status: 0 });
  });

  it('tells what is well and what is not', async () => {
    const { status, stdout } = await runCrosstie(['doctor', '--json'], {
      CROSSTIE_DATABASE_URL: database.url,
      CROSSTIE_GITHUB_URL: 'http://127.0.0.1:1',
      CROSSTIE_OBJECT_STORE: pathToFileURL(join(tmpdir(), `crosstie-doctor-${process.pid}`)).href,
    });
    const findings = JSON.parse(stdout) as { check: string; state: string; fix: string }[];
    const states = Object.fromEntries(findings.map(({ check, state }) => [check, state]));
    expect(status).toBe(1);
    expect(states).toMatchObject({
      database: 'ok',
      outbox: 'ok',
      GitHub: 'fail',
      'GitHub App': 'warn',
      runners: 'warn',
    });
    expect(findings.filter(({ state, fix }) => state !== 'ok' && fix === '')).toEqual([]);
  });

  it('names the variable that is wrong and ends with 78', async () => {
    const { status, stderr } = await runCrosstie(['doctor'], { CROSSTIE_PORT: 'high' });
    expect({ status, stderr }).toMatchObject({ status: 78, stderr: expect.stringContaining('CROSSTIE_PORT') });
  });

  it('follows the audit line by line, and finds one that was changed or taken out', async () => {
    const owner = await createDataSource({ url: database.url, applicationName: 'owner' }).initialize();
    const add = (action: string) =>
      owner.query(
        `INSERT INTO audit_event (action, entity_type, details) SELECT $1, 'test', jsonb_build_object('n', n)
           FROM generate_series(1, 3) AS n`,
        [action],
      );
    try {
      // Several in one statement, and several people at once.
      await Promise.all(['a.done', 'b.done'].map(add));
      const [whole] = (await json('audit', 'verify')) as { lines: number; last_hash: string }[];
      expect(whole).toMatchObject({ last_hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(whole?.lines).toBeGreaterThanOrEqual(6);
      const rows = await owner.query<{ id: number }[]>('SELECT id FROM audit_event ORDER BY id DESC LIMIT 3');
      const [last, middle] = rows.map(({ id }) => id);

      await owner.query(`BEGIN; UPDATE audit_event SET details = '{"n": 99}' WHERE id = ${middle}; COMMIT`);
      expect(await crosstie('admin', 'audit', 'verify')).toMatchObject({
        status: 1,
        stderr: `crosstie: The audit was changed at event ${middle}, or just before it\n`,
      });
      await owner.query(`DELETE FROM audit_event WHERE id = ${middle}`);
      expect(await crosstie('admin', 'audit', 'verify')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(`event ${last},`),
      });
    } finally {
      await owner.destroy();
    }
  });
});
