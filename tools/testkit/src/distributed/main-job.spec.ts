import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { roleOf } from '@crosstie/domain';
import { type PocketRunner, startPocketRunner } from '@crosstie/pocket-runner';
import { keyClassesOf } from '@crosstie/token-vault';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import type { Api } from '../api.js';
import { followPipeline, type PipelineView, statusesOf } from '../pipelines.js';
import { until } from '../until.js';
import { makeWorld, repository } from '../world.js';
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
  let dana: Api;
  let runner: PocketRunner | undefined;
  let builds: string | undefined;

  beforeAll(async () => {
    stage = await DistributedStage.start();
    builds = await mkdtemp(join(tmpdir(), 'crosstie-builds-'));
    await makeWorld(stage.github);
    await stage.setUp('kim', 'acme');
    const kim = await stage.api('kim');
    const path = `/api/v4/projects/${encodeURIComponent(repository)}`;
    await until(async () => (await kim.get(path)).status === 200, 'the project');
    await stage.signIn('dana');
    dana = await stage.api('dana');
    runner = await startPocketRunner({
      url: stage.url,
      token: await stage.runnerToken('kim'),
      buildsDir: builds,
      concurrent: 2,
      pollIntervalMs: 50,
      logIntervalMs: 100,
    });
  }, 120_000);

  afterAll(async () => {
    await runner?.stop();
    await stage?.stop();
    if (builds) await rm(builds, { recursive: true, force: true });
  }, 60_000);

  const push = async (files: Record<string, string>, pusher = 'dana'): Promise<string> =>
    (await stage.github.push(repository, { pusher, files })).after;

  const follow = (sha: string, status: string): Promise<PipelineView> =>
    followPipeline(dana, repository, sha, (pipeline) => pipeline.status === status);

  /** The sequence of statuses that GitHub received for a commit, once the last one is there. */
  async function sequence(sha: string, last: string): Promise<string[]> {
    const statuses = await until(async () => {
      const found = await statusesOf(stage.github, repository, sha);
      return found.at(-1)?.state === last && found;
    }, `the status ${last} on ${sha}`);
    return statuses.map(({ state, description }) => `${state}: ${description}`);
  }

  it('runs a good push to its end and says so on the commit', async () => {
    const sha = await push({ 'good.txt': 'good\n' });
    const pipeline = await follow(sha, 'success');
    expect(pipeline.jobs.map(({ name, status }) => [name, status])).toEqual([
      ['build', 'success'],
      ['unit', 'success'],
      ['lint', 'success'],
      ['report', 'success'],
    ]);
    const statuses = await sequence(sha, 'success');
    expect(statuses[0]).toMatch(/^pending: /);
    expect(statuses.at(-1)).toMatch(/^success: /);
    const log = await dana.get(`/api/v4/projects/${pipeline.project_id}/jobs/${pipeline.jobs[0]?.id}/trace`);
    expect(String(log.body)).toContain('hello from acme/widget');
  }, 90_000);

  it('ends a failing push with its failed job, skipping what comes after', async () => {
    const sha = await push({ 'run-tests.sh': 'exit 7\n' });
    const pipeline = await follow(sha, 'failed');
    const byName = Object.fromEntries(pipeline.jobs.map(({ name, status }) => [name, status]));
    expect(byName).toEqual({ build: 'success', unit: 'failed', lint: 'success', report: 'skipped' });
    expect((await sequence(sha, 'failure'))[0]).toMatch(/^pending: /);
  }, 90_000);

  it('refuses the push of somebody who is not linked, and runs it as who retries it', async () => {
    await stage.github.push(repository, {
      pusher: 'dana',
      files: { 'run-tests.sh': { executable: '#!/bin/sh\necho fine\n' } },
      deliver: false,
    });
    const sha = await push({ 'erin.txt': 'hello\n' }, 'erin');
    const refused = await follow(sha, 'failed');
    expect(refused).toMatchObject({ failure_reason: 'sender_not_linked', jobs: [] });
    const retry = await dana.post(`/api/v4/projects/${refused.project_id}/pipelines/${refused.id}/retry`);
    expect(retry.status).toBe(201);
    expect(await follow(sha, 'success')).toMatchObject({ id: refused.id, user: { username: 'dana' } });
    expect((await sequence(sha, 'success')).at(-1)).toMatch(/^success: /);
  }, 90_000);

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
    await runner?.stop();
    const statuses = await Promise.all(stage.processes.map((service) => service.stop()));
    expect(statuses).toEqual([0, 0, 0, 0, 0]);
  }, 40_000);
});
