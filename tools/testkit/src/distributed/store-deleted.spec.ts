import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type PocketRunner, startPocketRunner } from '@crosstie/pocket-runner';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Api } from '../api.js';
import { type JobView, statusesOf } from '../pipelines.js';
import { until } from '../until.js';
import { repository } from '../world.js';
import { natsIsThere } from './nats-under-test.js';
import { DistributedStage } from './stage.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const present = await natsIsThere();
const pushes = 50;
/** Before which pushes NATS is killed and loses everything. */
const losses = [15, 35];
const ciFile = 'workflow: { auto_cancel: { on_new_commit: none } }\nonly: { script: [echo done] }\n';

/** F22: the bus may lose all that it holds, and only time is lost. */
(present ? describe : describe.skip)('a bus that loses its store', () => {
  let stage: DistributedStage;
  let dana: Api;
  let runner: PocketRunner | undefined;
  let builds: string | undefined;
  let project = '';

  beforeAll(async () => {
    stage = await DistributedStage.start({ env: { CROSSTIE_RECOVERY_INTERVAL: '1s' } });
    builds = await mkdtemp(join(tmpdir(), 'crosstie-builds-'));
    dana = await stage.inhabit();
    project = `/api/v4/projects/${encodeURIComponent(repository)}`;
    runner = await startPocketRunner({
      url: stage.url,
      token: await stage.runnerToken('kim'),
      buildsDir: builds,
      concurrent: 4,
      pollIntervalMs: 50,
      logIntervalMs: 100,
    });
  }, 300_000);

  afterAll(async () => {
    await runner?.stop();
    await stage?.stop();
    if (builds) await rm(builds, { recursive: true, force: true });
  }, 60_000);

  async function loseStore(): Promise<void> {
    await stage.nats.kill();
    await stage.nats.deleteStore();
    await stage.nats.start();
  }

  it(`costs time, and none of ${pushes} pushes`, async () => {
    const pushedAt = new Map<string, bigint>();
    for (let n = 0; n < pushes; n += 1) {
      if (losses.includes(n)) await loseStore();
      const files = { 'gitlab/.gitlab-ci.yml': ciFile, 'n.txt': `${n}\n` };
      const { after } = await stage.github.push(repository, { pusher: 'dana', files });
      pushedAt.set(after, process.hrtime.bigint());
    }
    const verdictAfterMs: number[] = [];
    for (const [sha, at] of pushedAt) {
      const statuses = await until(
        async () => {
          const found = await statusesOf(stage.github, repository, sha);
          return found.at(-1)?.state === 'success' && found;
        },
        `the verdict on push ${verdictAfterMs.length}`,
        240_000,
      );
      verdictAfterMs.push(Math.round(Number(BigInt(statuses.at(-1)?.receivedNs ?? 0) - at) / 1_000_000));
    }
    const sorted = [...verdictAfterMs].sort((a, b) => a - b);
    const around = losses.map((n) => Math.max(...verdictAfterMs.slice(Math.max(0, n - 5), n + 5)));
    say(`${pushes} pushes: verdict after ${sorted[pushes / 2]} ms in the middle, ${sorted.at(-1)} ms at the most;`);
    say(`around the losses of the store ${around.join(' and ')} ms`);

    const pipelines = await dana.read<{ id: number; sha: string; status: string }[]>(
      `${project}/pipelines?per_page=100`,
    );
    expect(pipelines.map(({ sha }) => sha).sort()).toEqual([...pushedAt.keys()].sort());
    expect(new Set(pipelines.map(({ status }) => status))).toEqual(new Set(['success']));
    for (const { id } of pipelines) {
      const jobs = await dana.read<JobView[]>(`${project}/pipelines/${id}/jobs?include_retried=true`);
      expect(jobs).toHaveLength(1);
    }
  }, 600_000);
});
