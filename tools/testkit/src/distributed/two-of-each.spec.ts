import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serviceNames } from '@crosstie/messaging';
import { type PocketRunner, startPocketRunner } from '@crosstie/pocket-runner';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Api } from '../api.js';
import { followPipeline, type PipelineView, statusesOf } from '../pipelines.js';
import { until } from '../until.js';
import { repository } from '../world.js';
import { natsIsThere } from './nats-under-test.js';
import { DistributedStage } from './stage.js';

const present = await natsIsThere();

/** Two replicas of every service side by side. */
(present ? describe : describe.skip)('two of each service', () => {
  let stage: DistributedStage;
  let dana: Api;
  let runner: PocketRunner | undefined;
  let builds: string | undefined;

  beforeAll(async () => {
    stage = await DistributedStage.start({ replicas: 2, env: { CROSSTIE_RECOVERY_INTERVAL: '1s' } });
    builds = await mkdtemp(join(tmpdir(), 'crosstie-builds-'));
    dana = await stage.inhabit();
    runner = await startPocketRunner({
      url: stage.url,
      token: await stage.runnerToken('kim'),
      buildsDir: builds,
      concurrent: 2,
      pollIntervalMs: 50,
      logIntervalMs: 100,
    });
  }, 180_000);

  afterAll(async () => {
    await runner?.stop();
    await stage?.stop();
    if (builds) await rm(builds, { recursive: true, force: true });
  }, 60_000);

  /** Pushes once for each name, and follows all of them to their verdicts. */
  async function pushAll(names: readonly string[]): Promise<PipelineView[]> {
    const shas: string[] = [];
    const parent = (await stage.github.refs(repository))['refs/heads/main'] ?? null;
    for (const name of names) {
      // A branch for each: a newer pipeline of the same one would end it.
      const files = { [`${name}.txt`]: name };
      shas.push((await stage.github.push(repository, { pusher: 'dana', branch: `two-${name}`, parent, files })).after);
    }
    const pipelines = await Promise.all(
      shas.map((sha) => followPipeline(dana, repository, sha, ({ status }) => status === 'success')),
    );
    for (const sha of shas) {
      const states = await until(async () => {
        const found = (await statusesOf(stage.github, repository, sha)).map(({ state }) => state);
        return found.at(-1) === 'success' && found;
      }, `the verdict on ${sha}`);
      // Nothing older came after the end.
      expect(states.slice(states.indexOf('success'))).not.toContain('pending');
    }
    return pipelines;
  }

  it('do a push once, and share the work', async () => {
    const pipelines = await pushAll(['one', 'two', 'three']);
    expect(new Set(pipelines.map(({ id }) => id)).size).toBe(3);
    for (const { jobs } of pipelines) expect(jobs.map(({ status }) => status)).toEqual(Array(4).fill('success'));
    for (const { sha, project_id: project } of pipelines) {
      expect(await dana.read(`/api/v4/projects/${project}/pipelines?sha=${sha}`)).toHaveLength(1);
    }
  }, 120_000);

  it.each(serviceNames)(
    'go on when one %s is killed',
    async (service) => {
      const victim = stage.process(service, 0);
      victim.signal('SIGKILL');
      expect(await victim.ended()).toBe(137);
      await pushAll([`without-${service}`]);
      victim.launch();
      await victim.ready();
    },
    120_000,
  );

  it('are restarted one after the other while pushes come, and nothing of it is noticed (F53)', async () => {
    const shas: string[] = [];
    const ciFile = 'workflow: { auto_cancel: { on_new_commit: none } }\nonly: { script: [echo done] }\n';
    const push = async (): Promise<void> => {
      const files = { 'gitlab/.gitlab-ci.yml': ciFile, 'rolled.txt': `${shas.length}\n` };
      shas.push((await stage.github.push(repository, { pusher: 'dana', files })).after);
    };
    for (const process of serviceNames.map((name) => stage.process(name, 0))) {
      // As a rollout does it: requests go to the others first, and those under way are answered.
      await push();
      stage.door.route(stage.upstreams((each) => each !== process));
      const [status] = await Promise.all([process.stop(), push()]);
      expect(status).toBe(0);
      process.launch();
      await Promise.all([process.ready(), push()]);
      stage.door.route(stage.upstreams());
    }
    await stage.github.settled();
    const sent = await stage.github.deliveries({ event: 'push' });
    const own = sent.filter(({ payload }) => shas.includes((payload as { after: string }).after));
    expect(own.map(({ statusCode, redelivery }) => [statusCode, redelivery])).toEqual(shas.map(() => [202, false]));
    for (const sha of shas) {
      const { id } = await followPipeline(dana, repository, sha, ({ status }) => status === 'success');
      const path = `/api/v4/projects/${encodeURIComponent(repository)}/pipelines/${id}/jobs?include_retried=true`;
      expect(await dana.read(path)).toMatchObject([{ name: 'only', status: 'success' }]);
    }
    expect(stage.log()).not.toMatch(/nobody (caught|handled)/);
  }, 180_000);

  it('end with status 0, all ten', async () => {
    await runner?.stop();
    expect(await Promise.all(stage.processes.map((process) => process.stop()))).toEqual(Array(10).fill(0));
  }, 60_000);
});
