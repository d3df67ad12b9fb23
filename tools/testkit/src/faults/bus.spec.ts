import { randomInt, randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import type { Api } from '../api.js';
import { searchForCanaries } from '../canaries/search.js';
import { natsIsThere } from '../distributed/nats-under-test.js';
import { DistributedStage } from '../distributed/stage.js';
import { followPipeline } from '../pipelines.js';
import { ScriptedRunner } from '../scripted-runner.js';
import { TcpProxy } from '../storm/tcp-proxy.js';
import { until } from '../until.js';
import { repository } from '../world.js';
import { publishByHand, type RawMessage } from './raw-nats.js';

const present = await natsIsThere();
// Each push runs to its end, also when the next one comes at once.
const ciFile = `workflow: { auto_cancel: { on_new_commit: none } }
stages: [build, test]
build: { stage: build, script: [echo built] }
unit: { stage: test, script: [echo tested] }
`;

interface EventRow {
  id: number;
  eventId: string;
  type: string;
  payload: Record<string, unknown>;
}

/** The bus between the five services is read, lied to, told everything again, and taken away. */
(present ? describe : describe.skip)('the bus between the services', () => {
  let stage: DistributedStage;
  let proxy: TcpProxy;
  let database: pg.Client;
  /** Administrates Crosstie, so GitHub, which is asked over the bus, need not say what she may see. */
  let kim: Api;
  let runner: ScriptedRunner;
  const heard: Buffer[] = [];
  let pushes = 0;

  beforeAll(async () => {
    stage = await DistributedStage.start({
      env: { CROSSTIE_RECOVERY_INTERVAL: '1s' },
      natsThrough: async (port) => {
        proxy = await TcpProxy.start(
          () => port,
          (piece) => heard.push(piece),
        );
        return proxy.port;
      },
    });
    database = new pg.Client({ connectionString: stage.databaseUrl });
    await database.connect();
    await stage.inhabit();
    kim = await stage.api('kim');
    runner = new ScriptedRunner(stage.url, await stage.runnerToken('kim'));
  }, 120_000);

  afterAll(async () => {
    await database?.end();
    await stage?.stop();
    await proxy?.close();
  }, 60_000);

  async function push(): Promise<string> {
    pushes += 1;
    const files = { 'gitlab/.gitlab-ci.yml': ciFile, 'n.txt': `${pushes}\n` };
    return (await stage.github.push(repository, { pusher: 'dana', files })).after;
  }

  const follow = (sha: string, status: string) =>
    followPipeline(kim, repository, sha, (pipeline) => pipeline.status === status);

  const verdict = (sha: string, state: string) =>
    until(
      async () => (await stage.github.statuses(repository, sha)).at(-1)?.state === state,
      `the verdict ${state}`,
      30_000,
    );

  /** Everything that an event could have moved. */
  async function state(): Promise<unknown> {
    const { rows } = await database.query(`
      SELECT (SELECT json_agg((id, status, attempt, version) ORDER BY id) FROM pipeline) AS pipelines,
             (SELECT json_agg((id, status, handout, finished_at) ORDER BY id) FROM job) AS jobs,
             (SELECT json_agg((id, state, reason, done_at) ORDER BY id) FROM webhook_delivery) AS deliveries,
             (SELECT json_agg((id, version, sent_version, sent_state) ORDER BY id) FROM commit_status) AS statuses,
             (SELECT json_agg((id, retired_at) ORDER BY id) FROM token_lease WHERE purpose = 'clone') AS leases,
             (SELECT json_agg(job_id ORDER BY job_id) FROM queue_entry) AS queued,
             (SELECT json_agg((id, state) ORDER BY id) FROM identity) AS identities,
             (SELECT count(*)::int FROM outbox_event) AS events,
             (SELECT count(*)::int FROM dead_letter) AS "deadLetters"`);
    return { ...rows[0], posted: (await stage.github.statuses(repository)).length };
  }

  const quiet = () =>
    until(
      async () => {
        const durables = await stage.nats.durables();
        // GitHub has a status a little before the row says so.
        const unsent = await database.query('SELECT FROM commit_status WHERE sent_version < version');
        const isHandled = durables.every((one) => one.pending + one.unacknowledged === 0);
        return durables.length === 3 && isHandled && unsent.rowCount === 0;
      },
      'every message to be handled',
      30_000,
    );

  /** Puts messages on the bus, and waits until every service has had all of them. */
  async function putOnBus(messages: readonly RawMessage[]): Promise<void> {
    const had = new Map((await stage.nats.durables()).map(({ durable, delivered }) => [durable, delivered]));
    await publishByHand(stage.nats, 'pipeline-orchestrator', messages);
    await until(
      async () => {
        const now = await stage.nats.durables();
        return now.every(({ durable, delivered }) => delivered >= (had.get(durable) ?? 0) + messages.length);
      },
      'every message to be given to every service',
      30_000,
    );
    await quiet();
  }

  const told = async (): Promise<EventRow[]> =>
    (
      await database.query<EventRow & { id: string }>(
        'SELECT id, event_id AS "eventId", type, payload FROM outbox_event',
      )
    ).rows.map((row) => ({ ...row, id: Number(row.id) }));

  const message = (event: EventRow): RawMessage => ({ subject: `crosstie.${event.type}`, body: event });

  it('carries ids, and neither names nor texts nor secrets, through a whole run (N2)', async () => {
    const sha = await push();
    await runner.runOne();
    await runner.runOne();
    await follow(sha, 'success');
    await verdict(sha, 'success');
    await quiet();
    const bytes = Buffer.concat(heard);
    const text = bytes.toString('latin1');
    expect(text).toContain('"type":"job.finished"');
    for (const word of ['dana', 'widget', 'refs/heads', 'echo built', sha]) expect(text).not.toContain(word);
    const issued = await stage.github.secrets();
    const canaries = issued.map(({ kind, owner, value }) => ({ name: `${kind} of ${owner}`, text: value }));
    expect((await searchForCanaries(canaries, { texts: { 'the bus': bytes } })).hits).toEqual([]);
  }, 60_000);

  it('may tell everything three times more, when nobody remembers the first time: nothing moves (F25)', async () => {
    await quiet();
    const before = await state();
    const events = (await told()).map(message);
    expect(events.length).toBeGreaterThan(10);
    await putOnBus([...events, ...events, ...events]);
    expect(await state()).toEqual(before);
  }, 60_000);

  it('may be lied to a thousand times, with ids that there are and with ids that there are not: nothing moves (N1)', async () => {
    // A pipeline that waits for a runner: there is something to be lied about.
    const sha = await push();
    const { id: pipelineId, project_id: projectId, jobs } = await follow(sha, 'pending');
    await verdict(sha, 'pending');
    await quiet();
    const before = await state();
    const { rows: deliveries } = await database.query<{ id: string }>('SELECT id FROM webhook_delivery');
    const lies = [
      ...jobs.flatMap(({ id: jobId }) =>
        ['success', 'failed', 'canceled'].flatMap((status) => [
          { type: 'job.finished', payload: { jobId, pipelineId, status } },
          { type: 'job.started', payload: { jobId, pipelineId, pipelineStatus: 'pending' } },
          { type: 'pipeline.changed', payload: { pipelineId, projectId, status } },
        ]),
      ),
      { type: 'pipeline.created', payload: { pipelineId, projectId } },
      { type: 'project.changed', payload: { projectId } },
      { type: 'person.changed', payload: { userId: 1 } },
      ...deliveries.flatMap(({ id }) =>
        ['push', 'installation', 'github_app_authorization', 'repository', 'other'].map((kind) => ({
          type: `github.${kind}`,
          payload: { deliveryId: Number(id) },
        })),
      ),
    ];
    const unknown = (): number => randomInt(1_000_000, 2_000_000);
    const made = Array.from({ length: 1000 }, (_, n) => {
      const lie = lies[n % lies.length];
      const payload = n < 500 ? lie?.payload : mapIds(lie?.payload ?? {}, unknown);
      return message({ id: n, eventId: randomUUID(), type: lie?.type ?? '', payload: payload ?? {} });
    });
    await putOnBus(made);
    expect(await state()).toEqual(before);
    await runner.runOne();
    await runner.runOne();
    await follow(sha, 'success');
    await verdict(sha, 'success');
  }, 60_000);

  it('keeps what comes while nobody handles it: all of a burst is taken quickly, and then handled oldest first (F6)', async () => {
    const burst = 100;
    const orchestrator = stage.process('pipeline-orchestrator');
    expect(await orchestrator.stop()).toBe(0);
    const shas: string[] = [];
    for (let n = 0; n < burst; n += 1) {
      const files = { 'gitlab/.gitlab-ci.yml': null, 'burst.txt': `${n}\n` };
      shas.push((await stage.github.push(repository, { pusher: 'dana', files })).after);
    }
    await stage.github.settled();
    const sent = await stage.github.deliveries({ event: 'push' });
    const own = sent.filter(({ payload }) => shas.includes((payload as { after: string }).after));
    expect(own.map(({ statusCode }) => statusCode)).toEqual(Array(burst).fill(202));
    orchestrator.launch();
    await orchestrator.ready();
    const guids = own.map(({ guid }) => guid);
    const rows = await until(
      async () => {
        const query = 'SELECT state, reason, done_at AS at FROM webhook_delivery WHERE guid = ANY($1) ORDER BY id';
        const found = (await database.query<{ state: string; reason: string; at: Date }>(query, [guids])).rows;
        return found.length === burst && found.every(({ state: is }) => is === 'done') && found;
      },
      'all of them to be decided',
      60_000,
    );
    expect(new Set(rows.map(({ reason }) => reason))).toEqual(new Set(['no_ci_file']));
    // Several are handled at once, so neighbours may change places, and no more than that.
    const places = rows.toSorted((a, b) => a.at.getTime() - b.at.getTime()).map((row) => rows.indexOf(row));
    for (const [place, arrived] of places.entries()) expect(Math.abs(place - arrived)).toBeLessThan(50);
    const { pipeline_count: made } = (
      await database.query(
        `SELECT count(*)::int AS pipeline_count FROM pipeline WHERE delivery_id IN
           (SELECT id FROM webhook_delivery WHERE guid = ANY($1))`,
        [guids],
      )
    ).rows[0] as { pipeline_count: number };
    expect(made).toBe(0);
  }, 120_000);

  it('may go dark: pushes are taken, jobs are handed out and pipelines move, and what waited goes on (F23, F14)', async () => {
    const first = await push();
    await follow(first, 'pending');
    proxy.set({ kind: 'black_hole' });
    // Before the wait that no wake ends: what is there is handed out at once.
    await runner.runOne();
    const second = await push();
    const arrived = async () => {
      const sent = await stage.github.deliveries({ event: 'push' });
      return sent.find(({ payload }) => (payload as { after: string }).after === second);
    };
    await until(async () => (await arrived())?.done, 'the delivery');
    expect(await arrived()).toMatchObject({ statusCode: 202 });
    await runner.runOne();
    await follow(first, 'success');
    for (const process of stage.processes) expect((await fetch(`${process.url}/readyz`)).status).toBe(200);
    proxy.set({ kind: 'pass' });
    await follow(second, 'pending');
    await runner.runOne();
    await runner.runOne();
    await follow(second, 'success');
    for (const sha of [first, second]) await verdict(sha, 'success');
    expect(stage.processes.map(({ exitStatus }) => exitStatus)).toEqual(Array(5).fill(null));
    expect((await database.query('SELECT FROM dead_letter')).rowCount).toBe(0);
  }, 120_000);
});

function mapIds(payload: Record<string, unknown>, id: () => number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [name, typeof value === 'number' ? id() : value]),
  );
}
