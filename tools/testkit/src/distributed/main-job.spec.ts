import { roleOf } from '@crosstie/domain';
import { keyClassesOf } from '@crosstie/token-vault';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { itDoesTheMainJob, type MainJobHouse } from '../main-job-suite.js';
import { until } from '../until.js';
import { natsIsThere } from './nats-under-test.js';
import { DistributedStage } from './stage.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const present = await natsIsThere();
if (!present) say('The main job in five processes is skipped: there is no nats-server on this machine');

/** What a role may do, as the database tells it: the tables by what may be done with them. */
async function grantsOf(client: pg.Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ words: string; tables: string }>(
    `SELECT words, string_agg(name, ' ' ORDER BY name) AS tables FROM (
       SELECT table_name::text AS name, string_agg(lower(privilege_type), ' ' ORDER BY privilege_type DESC) AS words
         FROM information_schema.role_table_grants WHERE grantee = $1 GROUP BY 1) AS each
      GROUP BY words ORDER BY words`,
    [role],
  );
  return rows.map(({ words, tables }) => `${words}: ${tables}`);
}

/** The main job of the house through five processes, over a real bus. */
(present ? describe : describe.skip)('the main job in five processes', () => {
  let stage: DistributedStage;
  let house: MainJobHouse;

  beforeAll(async () => {
    stage = await DistributedStage.start();
    const dana = await stage.inhabit();
    const { url, github } = stage;
    house = { url, github, dana, runnerToken: await stage.runnerToken('kim') };
  }, 300_000);

  const stopRunner = itDoesTheMainJob(() => house);

  afterAll(() => stage?.stop(), 60_000);

  it('is done by five processes, each with its durable, and none of them falters', async () => {
    expect(new Set(stage.processes.map(({ pid }) => pid)).size).toBe(5);
    for (const service of stage.processes) {
      const lives = (await (await fetch(`${service.url}/healthz`)).json()) as { service: string; pid: number };
      expect(lives).toMatchObject({ service: service.name, pid: service.pid });
      say(`pid ${service.pid}  ${service.name}  ${await service.memoryMb()} MB`);
    }
    const durables = await until(async () => {
      const found = await stage.nats.durables();
      return found.every(({ pending, unacknowledged }) => pending === 0 && unacknowledged === 0) && found;
    }, 'every event to be handled');
    // webhook-gateway and runner-api only tell; nothing on the bus is for them.
    for (const { durable, delivered } of durables) say(`durable ${durable}: ${delivered} messages`);
    expect(durables.map(({ durable }) => durable)).toEqual([
      'identity-linker',
      'pipeline-orchestrator',
      'status-reporter',
    ]);
    const troubles = stage.log().match(/^.*("level":(50|60)|permission denied).*$/gm) ?? [];
    expect(troubles).toEqual([]);
    expect(await stage.github.contractViolations()).toEqual([]);
  }, 30_000);

  it('gives each process its own database role and keys', async () => {
    const client = new pg.Client({ connectionString: stage.databaseUrl });
    await client.connect();
    try {
      const { rows } = await client.query<{ service: string; role: string }>(
        'SELECT DISTINCT application_name AS service, usename AS role FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      for (const { name } of stage.processes) {
        const roles = rows.filter(({ service }) => service === name).map(({ role }) => role);
        expect(roles).toEqual([`${roleOf(name)}_test`]);
        say(`${name} is ${roles.join()}, holds the keys ${keyClassesOf[name].join(' ')}, and may`);
        for (const line of await grantsOf(client, roleOf(name))) say(`  ${line}`);
      }
    } finally {
      await client.end();
    }
  });

  it('ends each process with status 0 when it is asked to', async () => {
    await stopRunner();
    const statuses = await Promise.all(stage.processes.map((service) => service.stop()));
    expect(statuses).toEqual([0, 0, 0, 0, 0]);
  }, 40_000);
});
