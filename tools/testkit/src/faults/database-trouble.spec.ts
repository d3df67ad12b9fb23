import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import type { Api } from '../api.js';
import { ScriptedRunner } from '../scripted-runner.js';
import { type Stage, startStage } from '../stage.js';
import { until } from '../until.js';
import { makeWorld, repository } from '../world.js';

/** A database that answers and can do nothing: the server refuses new work, lives, and goes on afterwards. */
describe('a database that takes nothing more (F15)', () => {
  let stage: Stage;
  let operator: pg.Client;
  let dana: Api;
  let runner: ScriptedRunner;
  let pushes = 0;
  const lost: unknown[] = [];
  const note = (reason: unknown): number => lost.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', note);
    stage = await startStage({ config: { recoveryIntervalMs: 1000 } });
    operator = new pg.Client({ connectionString: stage.databaseUrl });
    await operator.connect();
    await makeWorld(stage.github);
    await stage.setUp('kim', 'acme');
    await stage.project(repository);
    await stage.signIn('dana');
    dana = await stage.api('dana');
    runner = new ScriptedRunner(stage.url, await stage.runnerToken());
  }, 60_000);

  afterAll(async () => {
    process.off('unhandledRejection', note);
    await operator?.end();
    await stage?.stop();
  });

  async function push(): Promise<string> {
    pushes += 1;
    const files = { 'gitlab/.gitlab-ci.yml': 'only: {script: echo}', 'n.txt': String(pushes) };
    return (await stage.github.push(repository, { pusher: 'dana', files })).after;
  }

  const statusOf = (sha: string) =>
    until(async () => {
      const sent = await stage.github.deliveries({ event: 'push' });
      const own = sent.find(({ payload }) => (payload as { after: string }).after === sha);
      return own?.done && own.statusCode;
    }, 'GitHub to know what came of the delivery');

  const pipelinesOf = (sha: string): Promise<{ status: string }[]> =>
    dana.read(`/api/v4/projects/${encodeURIComponent(repository)}/pipelines?sha=${sha}`);

  /** Every connection is a new one from here on, with the settings of now. */
  const anew = () =>
    operator.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );

  async function readOnly(is: boolean): Promise<void> {
    const name = new URL(stage.databaseUrl).pathname.slice(1);
    await operator.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${is ? 'on' : 'off'}`);
    await anew();
  }

  const full = `
    CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
    ${['outbox_event', 'webhook_delivery', 'event_attempt', 'dead_letter', 'job', 'trace_chunk']
      .map((table) => `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON ${table} EXECUTE FUNCTION disk_is_full();`)
      .join('\n')}`;

  it.each([
    ['is a standby now, which only reads', () => readOnly(true), () => readOnly(false)],
    ['has no room on its disk', () => operator.query(full), () => operator.query('DROP FUNCTION disk_is_full CASCADE')],
  ])(
    'since it %s: pushes and runners are answered 503, people can read, and nothing is lost',
    async (_, begin, end) => {
      const before = await push();
      await until(async () => (await pipelinesOf(before)).length === 1, 'the pipeline before');
      await runner.runOne();
      await until(async () => (await pipelinesOf(before))[0]?.status === 'success', 'its end');
      await begin();
      const during = await push();
      expect(await statusOf(during)).toBe(503);
      const asked = await runner.request();
      expect([asked.status, asked.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await pipelinesOf(before)).toHaveLength(1);
      await end();
      await until(async () => (await pipelinesOf(during)).length === 1, 'the pipeline of the push meanwhile');
      await runner.runOne();
      await until(async () => (await pipelinesOf(during))[0]?.status === 'success', 'the end of that');
      expect((await operator.query('SELECT FROM dead_letter')).rowCount).toBe(0);
      expect(lost).toEqual([]);
    },
    60_000,
  );
});
