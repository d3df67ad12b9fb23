import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@crosstie/testkit';

import { ciPath, type PushingStage, repository, startPushingStage, twoStages } from '../testing/pushing-stage.js';

let stage: PushingStage;
let made = 0;

beforeAll(async () => {
  stage = await startPushingStage();
}, 60_000);
afterAll(() => stage.stop());

/** A push of one file that is like no other. */
function somethingNew(): Record<string, string> {
  made += 1;
  return { 'counter.txt': String(made) };
}

describe('a push', () => {
  it('becomes one pipeline of the person who pushed, with what may run in the queue', async () => {
    const sha = await stage.push(somethingNew());
    const pipeline = await stage.pipelineOf(sha);
    expect(pipeline).toMatchObject({ status: 'pending', sender_id: stage.dana.id, ref: 'main', recovered: false });
    const jobs = await stage.jobs(pipeline.id);
    expect(jobs).toMatchObject([
      { name: 'compile', status: 'pending' },
      { name: 'unit', status: 'created' },
    ]);
    expect(await stage.rows('SELECT 1 FROM queue_entry WHERE job_id = $1', jobs[0]?.id)).toHaveLength(1);
    expect(await stage.outcomeOf(sha)).toMatchObject({ state: 'done', reason: null });
    expect(await stage.rows('SELECT n, cause FROM pipeline_attempt WHERE pipeline_id = $1', pipeline.id)).toEqual([
      { n: 1, cause: 'push' },
    ]);
  });

  it('has one clone token made, narrowed to its repository', async () => {
    const pipeline = await stage.pipelineOf(await stage.push(somethingNew()));
    const leases = await stage.rows<{ permissions: unknown; purpose: string }>(
      'SELECT purpose, permissions FROM token_lease WHERE pipeline_id = $1',
      pipeline.id,
    );
    expect(leases).toMatchObject([{ purpose: 'clone', permissions: { contents: 'read' } }]);
  });

  it.each(['$(touch${IFS}x)', 'feature/ü', 'a;b', '<script>'])(
    'to a branch named %s makes a pipeline',
    async (branch) => {
      const sha = await stage.push(somethingNew(), { branch });
      expect(await stage.pipelineOf(sha)).toMatchObject({ ref: branch, status: 'pending' });
    },
  );

  it('said to be of a branch named $(touch x), which git allows nobody, is refused without harm', async () => {
    await stage.pipelineOf(await stage.push(somethingNew()));
    const guid = await stage.deliver({ ...(await stage.lastPush()), ref: 'refs/heads/$(touch x)', compare: 'odd' });
    await until(async () => (await stage.rows(`SELECT 1 FROM webhook_delivery WHERE state = 'waiting'`))[0], 'a look');
    await stage.passTime(31_000);
    await stage.outcome(guid);
    expect(await stage.rows(`SELECT failure_reason FROM pipeline WHERE ref = '$(touch x)'`)).toEqual([
      { failure_reason: 'source_not_verified' },
    ]);
  });

  it('with a commit message of 1 MB with control characters and NUL makes a pipeline that holds the start of it', async () => {
    await stage.push(somethingNew(), { branch: 'long' });
    const payload = await stage.lastPush();
    const sha = await stage.push({ 'long.txt': 'x' }, { branch: 'long', message: `title\u0007${'m'.repeat(100_000)}` });
    expect(await stage.pipelineOf(sha)).toMatchObject({ status: 'pending' });
    const [row] = await stage.rows<{ commit: { message: string; title: string } }>(
      'SELECT commit FROM pipeline WHERE sha = $1',
      sha,
    );
    expect(row?.commit.message.length).toBeLessThan(20_000);
    // Git allows no NUL in a message; a payload can hold one all the same.
    const head = payload['head_commit'] as Record<string, unknown>;
    const guid = await stage.deliver({
      ...payload,
      head_commit: { ...head, message: `a\u0000${'b'.repeat(1_000_000)}` },
    });
    expect(await stage.outcome(guid)).toMatchObject({ state: 'done', reason: null });
    const [other] = await stage.rows<{ commit: { message: string } }>(
      'SELECT commit FROM pipeline p JOIN webhook_delivery d ON d.id = p.delivery_id WHERE d.guid = $1',
      guid,
    );
    expect(other?.commit.message.startsWith('a\uFFFDb')).toBe(true);
  });

  it('of which the same delivery comes twice at the same moment makes one pipeline', async () => {
    const sha = await stage.push(somethingNew(), { branch: 'twice' });
    await stage.pipelineOf(sha);
    const body = { ...(await stage.lastPush()), compare: 'another body' };
    const guid = crypto.randomUUID();
    await Promise.all([stage.deliver(body, { guid }), stage.deliver(body, { guid })]);
    expect(await stage.outcome(guid)).toMatchObject({ state: 'done' });
    const found = await stage.rows(
      'SELECT p.id FROM pipeline p JOIN webhook_delivery d ON d.id = p.delivery_id WHERE d.guid = $1',
      guid,
    );
    expect(found).toHaveLength(1);
  });
});

describe('a push that makes no pipeline', () => {
  async function reasonOf(guid: string) {
    const { state, reason, detail } = await stage.outcome(guid);
    return { state, reason, detail };
  }

  let base: Record<string, unknown>;

  beforeAll(async () => {
    await stage.pipelineOf(await stage.push(somethingNew()));
    base = await stage.lastPush();
  });

  async function changedPush(change: Record<string, unknown>): Promise<string> {
    return stage.deliver({ ...base, compare: crypto.randomUUID(), ...change });
  }

  it('of a tag says so', async () => {
    const { after } = await stage.github.push(repository, { pusher: 'dana', files: somethingNew(), branch: 'tagged' });
    await stage.github.setRef(repository, { ref: 'refs/tags/v1', sha: after, pusher: 'dana' });
    await until(async () => (await stage.rows(`SELECT 1 FROM webhook_delivery WHERE reason = 'tag'`))[0], 'the tag');
  });

  it('of a deleted branch says so', async () => {
    await stage.push(somethingNew(), { branch: 'short-lived' });
    await stage.github.setRef(repository, { ref: 'refs/heads/short-lived', sha: null, pusher: 'dana' });
    const deleted = () => stage.rows(`SELECT 1 FROM webhook_delivery WHERE reason = 'branch_deleted'`);
    await until(async () => (await deleted())[0], 'the deletion');
  });

  it('of a commit without the CI file says where it was looked for', async () => {
    const sha = await stage.push({ [ciPath]: null }, { branch: 'bare', pusher: 'erin' });
    expect(await stage.outcomeOf(sha)).toMatchObject({ reason: 'no_ci_file', detail: ciPath });
    expect(await stage.pipelines(sha)).toEqual([]);
  });

  it('whose message asks for none says so', async () => {
    const sha = await stage.push(somethingNew(), { message: 'typo [skip ci]' });
    expect(await stage.outcomeOf(sha)).toMatchObject({ reason: 'skipped' });
  });

  it('that changed nothing says so', async () => {
    const { after } = base;
    expect(await reasonOf(await changedPush({ before: after }))).toMatchObject({ reason: 'no_change' });
  });

  it('to a repository that is not a project says so', async () => {
    const { repository: known } = base as { repository: Record<string, unknown> };
    const guid = await changedPush({ repository: { ...known, id: 999_999 } });
    expect(await reasonOf(guid)).toMatchObject({ reason: 'not_a_project' });
  });

  it("with another installation's number for our repository says the same", async () => {
    expect(await reasonOf(await changedPush({ installation: { id: 424_242 } }))).toMatchObject({
      reason: 'not_a_project',
    });
  });

  it('to a project that is off says so', async () => {
    await stage.rows('UPDATE project SET enabled = false');
    const sha = await stage.push(somethingNew());
    expect(await stage.outcomeOf(sha)).toMatchObject({ reason: 'project_off' });
    await stage.rows('UPDATE project SET enabled = true');
  });

  it.each([
    ['commits: null', { commits: null }],
    ['head_commit: 7', { head_commit: 7 }],
    ['a ref of 64 KiB', { ref: `refs/heads/${'x'.repeat(65_536)}` }],
    ['a lone surrogate in its ref', { ref: 'refs/heads/\uD800' }],
    ['NUL in its ref', { ref: 'refs/heads/a\u0000b' }],
  ])('with %s is malformed, and the next one is handled', async (_, change) => {
    expect(await reasonOf(await changedPush(change))).toMatchObject({ state: 'done', reason: 'malformed' });
    expect(await stage.pipelineOf(await stage.push(somethingNew()))).toMatchObject({ status: 'pending' });
  });

  it('that is a signed body that is not JSON is malformed', async () => {
    const guid = await stage.deliver(null, { bodyBase64: Buffer.from('ref=main').toString('base64') });
    expect(await reasonOf(guid)).toEqual({ state: 'done', reason: 'malformed', detail: 'it is not JSON' });
  });

  it('that is JSON of the wrong shape is malformed', async () => {
    expect(await reasonOf(await stage.deliver({ zen: 'x', hook_id: 7, hook: {} }))).toMatchObject({
      reason: 'malformed',
    });
  });

  it('that has the body of another delivery under a new number is suspect until an operator has it replayed (W7)', async () => {
    const body = { ...base, compare: crypto.randomUUID() };
    const first = await stage.deliver(body);
    expect(await reasonOf(first)).toMatchObject({ state: 'done', reason: null });
    const again = await stage.deliver(body);
    expect(await reasonOf(again)).toMatchObject({ reason: 'suspect' });

    const pipelinesOf = (guid: string) =>
      stage.rows('SELECT 1 FROM pipeline p JOIN webhook_delivery d ON d.id = p.delivery_id WHERE d.guid = $1', guid);
    expect(await pipelinesOf(again)).toEqual([]);
    const kim = await stage.api('kim');
    expect((await kim.post(`/api/crosstie/v1/deliveries/${again}/replay`)).status).toBe(200);
    await until(async () => (await pipelinesOf(again))[0], 'the pipeline of the replayed delivery');
  });

  it('that is older than what GitHub keeps in its log is suspect', async () => {
    const { repository: known } = base as { repository: Record<string, unknown> };
    const pushed_at = Math.floor(Date.now() / 1000) - 8 * 86_400;
    expect(await reasonOf(await changedPush({ repository: { ...known, pushed_at } }))).toMatchObject({
      reason: 'suspect',
      detail: 'pushed 8 days ago',
    });
  });

  it('that is filtered by its rules says why', async () => {
    const file = 'unit:\n  script: x\n  rules:\n    - if: $CI_COMMIT_BRANCH == "other"\n';
    const sha = await stage.push({ [ciPath]: file }, { branch: 'filtered' });
    expect(await stage.outcomeOf(sha)).toMatchObject({ reason: 'filtered', detail: expect.stringContaining('rules') });
  });
});

describe('a large delivery', () => {
  it('of 20 MB becomes a pipeline', async () => {
    await stage.pipelineOf(await stage.push(somethingNew()));
    const body = { ...(await stage.lastPush()), padding: 'x'.repeat(20 * 1024 * 1024) };
    expect(await stage.outcome(await stage.deliver(body))).toMatchObject({ state: 'done', reason: null });
  }, 60_000);

  it('of 2,048 commits becomes a pipeline', async () => {
    const last = await stage.lastPush();
    const [one] = (last as { commits: unknown[] }).commits;
    const guid = await stage.deliver({ ...last, commits: Array.from({ length: 2048 }, () => one) });
    expect(await stage.outcome(guid)).toMatchObject({ state: 'done', reason: null });
  });
});

describe('a CI file', () => {
  async function refusal(file: string | { base64: string }) {
    made += 1;
    const sha = await stage.push({ [ciPath]: file }, { branch: `file-${made}` });
    const pipeline = await stage.pipelineOf(sha);
    expect(await stage.jobs(pipeline.id)).toEqual([]);
    return pipeline;
  }

  it('that is broken makes a failed pipeline that shows every error', async () => {
    const pipeline = await refusal('unit: {}\nlint: {script: 7, when: soon}\n');
    expect(pipeline).toMatchObject({ status: 'failed', failure_reason: 'config_error' });
    expect(pipeline.yaml_errors?.split('\n').length).toBeGreaterThan(1);
  });

  it('that is binary makes a failed pipeline', async () => {
    const base64 = Buffer.from([0, 255, 254, 1, 2, 3]).toString('base64');
    expect(await refusal({ base64 })).toMatchObject({ status: 'failed', failure_reason: 'config_error' });
  });

  it('that is an empty document makes a failed pipeline', async () => {
    expect(await refusal('# nothing\n')).toMatchObject({ status: 'failed', failure_reason: 'config_error' });
  });

  it('that is nested 2,000 deep makes a failed pipeline', async () => {
    const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`;
    expect(await refusal(`unit: {script: ${deep}}`)).toMatchObject({ failure_reason: 'config_error' });
  });

  it('of 1 MB is compiled', async () => {
    const jobs = Array.from({ length: 400 }, (_, n) => `job${n}:\n  script: "echo ${'x'.repeat(2500)}"\n`).join('');
    const sha = await stage.push({ [ciPath]: jobs }, { branch: 'large' });
    const pipeline = await stage.pipelineOf(sha);
    expect(pipeline).toMatchObject({ status: 'pending', failure_reason: null });
    expect(await stage.jobs(pipeline.id)).toHaveLength(400);
  }, 60_000);

  it('with a keyword that nothing carries yet is refused with the keyword and its line', async () => {
    const pipeline = await refusal('unit:\n  script: x\n  release:\n    tag_name: v1\n    description: x\n');
    expect(pipeline).toMatchObject({ failure_reason: 'not_yet_supported' });
    expect(pipeline.failure_message).toMatch(/release.*gitlab-ci\.yml:3/);
  });

  it('is read at the pushed commit, not at the head of the branch', async () => {
    const first = await stage.push({ [ciPath]: 'early: {script: x}' }, { branch: 'moving' });
    const second = await stage.push({ [ciPath]: twoStages }, { branch: 'moving' });
    const names = async (sha: string) => (await stage.jobs((await stage.pipelineOf(sha)).id)).map((job) => job.name);
    expect(await names(first)).toEqual(['early']);
    expect(await names(second)).toEqual(['compile', 'unit']);
  });
});
