import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@crosstie/testkit';

import { ciPath, type PushingStage, repository, startPushingStage, twoStages } from '../testing/pushing-stage.js';

let stage: PushingStage;
let made = 0;

beforeAll(async () => {
  stage = await startPushingStage();
}, 60_000);
afterAll(() => stage.stop());

function somethingNew(): Record<string, string> {
  made += 1;
  return { 'counter.txt': String(made) };
}

async function waiting(guid: string): Promise<void> {
  const query = `SELECT 1 FROM webhook_delivery WHERE guid = $1 AND state = 'waiting'`;
  await until(async () => (await stage.rows(query, guid))[0], `${guid} to wait`);
}

/** A push with GitHub's signature that GitHub never sent: the hook's secret has leaked. */
async function forge(change: Record<string, unknown>): Promise<string> {
  await stage.pipelineOf(await stage.push(somethingNew()));
  const { webhookSecret } = await stage.github.app(stage.appSlug);
  const body = Buffer.from(JSON.stringify({ ...(await stage.lastPush()), ...change }));
  const { createHmac, randomUUID } = await import('node:crypto');
  const guid = randomUUID();
  const signature = createHmac('sha256', webhookSecret ?? '')
    .update(body)
    .digest('hex');
  const answer = await fetch(`${stage.url}/webhooks/github`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': guid,
      'x-hub-signature-256': `sha256=${signature}`,
    },
  });
  expect(answer.status).toBe(202);
  return guid;
}

async function refusalOf(guid: string) {
  await waiting(guid);
  await stage.passTime(31_000);
  const { id } = await stage.outcome(guid);
  const [pipeline] = await stage.rows<{ id: number; status: string; failure_reason: string }>(
    'SELECT id, status, failure_reason FROM pipeline WHERE delivery_id = $1',
    id,
  );
  return pipeline;
}

// First: the later ones move the clock, and with it the time that GitHub is given.
describe('an honest push', () => {
  it('that was overtaken by two more runs', async () => {
    await stage.push(somethingNew(), { branch: 'busy' });
    await stage.github.deliveryFault({ event: 'push', holdBehind: 2 });
    const shas: string[] = [];
    for (let n = 0; n < 3; n += 1) shas.push(await stage.push(somethingNew(), { branch: 'busy' }));
    for (const sha of shas) expect(await stage.pipelineOf(sha)).toMatchObject({ failure_reason: null });
  });

  it('whose branch was deleted at once runs, since GitHub says that it sent it', async () => {
    await stage.github.deliveryFault({ event: 'push', delayMs: 400 });
    const after = await stage.push({ [ciPath]: twoStages }, { branch: 'gone-at-once' });
    await stage.github.setRef(repository, { ref: 'refs/heads/gone-at-once', sha: null, pusher: 'dana' });
    expect(await stage.pipelineOf(after)).toMatchObject({ status: 'pending', failure_reason: null });
  });

  it('whose commit GitHub does not show yet waits and then runs (F35)', async () => {
    await stage.github.lag(repository, { ms: 1500 });
    const sha = await stage.push(somethingNew());
    const began = performance.now();
    expect(await stage.pipelineOf(sha)).toMatchObject({ status: 'pending', failure_reason: null });
    expect(performance.now() - began).toBeLessThan(8000);
    await stage.github.lag(repository, { ms: 0 });
    const [delivery] = await stage.rows<{ attempts: number }>(
      'SELECT attempts FROM webhook_delivery d JOIN pipeline p ON p.delivery_id = d.id WHERE p.sha = $1',
      sha,
    );
    expect(delivery?.attempts).toBeGreaterThan(0);
  });

  it('without a CI file is decided at once when its commit is visible (F35)', async () => {
    const began = performance.now();
    const sha = await stage.push({ [ciPath]: null }, { branch: 'no-file' });
    expect(await stage.outcomeOf(sha)).toMatchObject({ reason: 'no_ci_file' });
    // Far from the 30 s that a commit may take to become visible.
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe('a signed push whose ref does not hold its sha (W8)', () => {
  it("with a fork's commit is refused, queues nothing and has no clone token made", async () => {
    const mallory = await stage.github.createUser({ login: 'mallory' });
    await stage.github.createRepository({ owner: 'mallory', name: 'widget', forkOf: repository });
    const { after } = await stage.github.push('mallory/widget', {
      pusher: 'mallory',
      files: { [ciPath]: 'steal: {script: env}' },
    });
    const pipeline = await refusalOf(
      await forge({ after, sender: { id: stage.dana.id, login: 'dana', type: 'User' } }),
    );
    expect(pipeline).toMatchObject({ status: 'failed', failure_reason: 'source_not_verified' });
    expect(await stage.jobs(pipeline?.id ?? 0)).toEqual([]);
    expect(await stage.rows('SELECT 1 FROM token_lease WHERE pipeline_id = $1', pipeline?.id)).toEqual([]);
    expect(mallory.id).not.toBe(stage.dana.id);
  });

  it('stays refused when it is retried', async () => {
    const [refused] = await stage.rows<{ id: number }>(
      `SELECT id FROM pipeline WHERE failure_reason = 'source_not_verified' ORDER BY id DESC LIMIT 1`,
    );
    const answer = await stage.asDana.post(`/api/v4/projects/${stage.projectId}/pipelines/${refused?.id}/retry`);
    expect(answer.status).toBe(201);
    const [again] = await stage.rows('SELECT attempt, status, failure_reason FROM pipeline WHERE id = $1', refused?.id);
    expect(again).toEqual({ attempt: 2, status: 'failed', failure_reason: 'source_not_verified' });
  });

  it('with a commit that exists nowhere is refused', async () => {
    const pipeline = await refusalOf(await forge({ after: 'e'.repeat(40) }));
    expect(pipeline).toMatchObject({ failure_reason: 'source_not_verified' });
  });

  it("with another repository's name cannot have another repository read", async () => {
    await stage.github.createRepository({ owner: 'mallory', name: 'open', files: { [ciPath]: 'x: {script: env}' } });
    const { after } = await stage.github.push('mallory/open', { pusher: 'mallory', files: { a: 'b' } });
    const { repository: known } = (await stage.lastPush()) as { repository: Record<string, unknown> };
    const pipeline = await refusalOf(await forge({ after, repository: { ...known, full_name: 'mallory/open' } }));
    expect(pipeline).toMatchObject({ failure_reason: 'source_not_verified' });
    expect(await stage.rows('SELECT full_name FROM project')).toEqual([{ full_name: repository }]);
  });
});

describe('a push while GitHub does not answer', () => {
  it('waits for it, and is refused after ten minutes', async () => {
    const fault = await stage.github.fault({
      route: '/repos/{owner}/{repo}/contents/{path}',
      status: 502,
      times: null,
    });
    const sha = await stage.push(somethingNew());
    const query = `SELECT d.detail FROM webhook_delivery d WHERE d.state = 'waiting'`;
    const [row] = await until(async () => {
      const rows = await stage.rows<{ detail: string }>(query);
      return rows.length > 0 && rows;
    }, 'the push to wait');
    expect(row?.detail).toBe('waiting for GitHub');
    await stage.passTime(10 * 60_000);
    expect(await stage.pipelineOf(sha)).toMatchObject({ status: 'failed', failure_reason: 'ci_file_unreadable' });
    await stage.github.removeFault(fault);
  });
});
