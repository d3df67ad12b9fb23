import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ScriptedRunner, until, Visitor } from '@crosstie/testkit';

import { ciPath, type PushingStage, repository, startPushingStage } from '../testing/pushing-stage.js';

const contents = '/repos/{owner}/{repo}/contents/{path}';
const scoped = '/applications/{client_id}/token/scoped';
const deliveryLog = '/app/hook/deliveries';

let stage: PushingStage;
let made = 0;

beforeAll(async () => {
  stage = await startPushingStage({ config: { recoveryIntervalMs: 1000, sweepIntervalMs: 20 } });
}, 60_000);
afterEach(() => stage.github.clearFaults());
afterAll(() => stage.stop());

function somethingNew(): Record<string, string> {
  made += 1;
  return { 'counter.txt': String(made) };
}

const waitingPushes = () =>
  stage.asDana.read<{ sentence: string; attempts: number }[]>(`/api/crosstie/v1/projects/${stage.projectId}/waiting`);

async function pushesOf(count: number, branch: string): Promise<string[]> {
  const shas: string[] = [];
  for (let n = 0; n < count; n += 1) shas.push(await stage.push(somethingNew(), { branch }));
  return shas;
}

/** Cancels what the tests before have left waiting for a runner; the tokens that it holds are ended. */
async function endAll(): Promise<void> {
  for (const { id } of await stage.rows<{ id: number }>(`SELECT id FROM pipeline WHERE status = 'pending'`)) {
    await stage.asDana.post(`/api/v4/projects/${stage.projectId}/pipelines/${id}/cancel`);
  }
  const living = 'SELECT FROM token_lease WHERE pipeline_id IS NOT NULL AND retired_at IS NULL AND expires_at > now()';
  await until(async () => (await stage.rows(living)).length === 0, 'the tokens to be ended');
}

describe('deliveries that GitHub sends late, out of order, or never', () => {
  it('of A, B and C in the order C, A, B: each has its pipeline, of its own commit (F7)', async () => {
    await stage.push(somethingNew(), { branch: 'reordered' });
    await stage.github.deliveryFault({ event: 'push', holdBehind: 100, count: 2 });
    const [a = '', b = '', c = ''] = await pushesOf(3, 'reordered');
    expect(await stage.pipelineOf(c)).toMatchObject({ failure_reason: null });
    expect(await stage.pipelines(a)).toEqual([]);
    await stage.github.settled();
    for (const sha of [a, b]) expect(await stage.pipelineOf(sha)).toMatchObject({ failure_reason: null });
  });

  it('of which every tenth is lost are all found, none twice, though the log fails in between (F8, F9)', async () => {
    const shas: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      if (n % 10 === 3) await stage.github.deliveryFault({ event: 'push', drop: true });
      shas.push(await stage.push(somethingNew(), { branch: `tenth-${n % 3}` }));
      // A pass that dies leaves the mark where it was, and the next one begins anew.
      if (n % 10 === 5) await stage.github.fault({ route: deliveryLog, status: 502, times: 2 });
      if (n % 10 === 8) await stage.github.fault({ route: `${deliveryLog}/{delivery_id}`, reset: true, times: 2 });
    }
    for (const sha of shas) await stage.pipelineOf(sha);
    const made = await stage.rows<{ recovered: boolean; n: number }>(
      'SELECT recovered, count(*)::int AS n FROM pipeline WHERE sha = ANY($1) GROUP BY recovered ORDER BY recovered',
      shas,
    );
    expect(made).toEqual([
      { recovered: false, n: 27 },
      { recovered: true, n: 3 },
    ]);
  }, 60_000);
});

describe('a push while GitHub is away (F34)', () => {
  it.each([
    ['answers 502', { status: 502 }],
    ['cuts the connection', { reset: true }],
  ])('that %s waits, says so to who sees the project, and runs when GitHub is back', async (_, how) => {
    const fault = await stage.github.fault({ route: contents, ...how, times: null });
    const sha = await stage.push(somethingNew());
    const [waiting] = await until(async () => {
      const pushes = await waitingPushes();
      return pushes.length > 0 && pushes;
    }, 'the push to wait');
    expect(waiting?.sentence).toBe('It goes on later: waiting for GitHub.');
    await until(async () => {
      await stage.passTime(2_000);
      return ((await waitingPushes())[0]?.attempts ?? 0) > 3;
    }, 'more attempts');
    expect(await stage.pipelines(sha)).toEqual([]);
    await stage.github.removeFault(fault);
    await until(async () => {
      await stage.passTime(10_000);
      return (await waitingPushes()).length === 0;
    }, 'the wait to end');
    expect(await stage.pipelineOf(sha)).toMatchObject({ status: 'pending', failure_reason: null });
  });

  it('for twenty minutes is refused after ten, having asked a few times only, and runs when retried', async () => {
    const fault = await stage.github.fault({ route: contents, status: 503, times: null });
    await stage.github.clearReceived();
    const sha = await stage.push(somethingNew());
    let passedMs = 0;
    await until(async () => {
      await stage.passTime(10_000);
      passedMs += 10_000;
      return (await stage.pipelines(sha)).length > 0;
    }, 'the push to be given up');
    // The tests before have moved the clock, and with it the time that the push seems to have waited.
    expect(passedMs).toBeGreaterThanOrEqual(4 * 60_000);
    const refused = await stage.pipelineOf(sha);
    expect(refused).toMatchObject({ status: 'failed', failure_reason: 'ci_file_unreadable' });
    // Each attempt asks twice at the most.
    expect((await stage.github.received({ route: contents })).length).toBeLessThanOrEqual(2 * 15);
    await stage.github.removeFault(fault);
    const retried = await stage.asDana.post(`/api/v4/projects/${stage.projectId}/pipelines/${refused.id}/retry`);
    expect(retried.status).toBe(201);
    expect(await stage.pipelineOf(sha)).toMatchObject({ status: 'pending', attempt: 2, failure_reason: null });
  }, 60_000);
});

describe('a person whose authorisation GitHub ends (F33)', () => {
  it.each([
    ['tells of it first', false],
    ['never tells of it', true],
  ])('where GitHub %s is refused without a storm of retries, and runs again when linked again', async (_, isLost) => {
    await endAll();
    if (isLost) await stage.github.deliveryFault({ event: 'github_app_authorization', drop: true });
    await stage.github.revokeAuthorization('dana', stage.appSlug);
    if (!isLost) {
      const state = async () =>
        (await stage.rows<{ state: string }>('SELECT state FROM identity WHERE login = $1', 'dana'))[0]?.state;
      await until(async () => (await state()) === 'revoked', 'the news');
    }
    await stage.github.clearReceived();
    const shas = await pushesOf(5, 'revoked');
    for (const sha of shas) {
      expect((await stage.pipelineOf(sha)).failure_reason).toMatch(/^(sender_not_linked|token_refused)$/);
    }
    expect((await stage.github.received({ route: scoped })).length).toBeLessThanOrEqual(3);
    await signInAgain('dana');
    const [sha = ''] = await pushesOf(1, 'revoked');
    expect(await stage.pipelineOf(sha)).toMatchObject({ status: 'pending', failure_reason: null });
  });
});

describe('a push that names an installation which is not the repository’s (W11)', () => {
  it('is ignored with the reason, and the audit has it', async () => {
    const guid = await stage.deliver({ ...(await stage.lastPush()), installation: { id: 424_242 } });
    expect(await stage.outcome(guid)).toMatchObject({
      reason: 'not_a_project',
      detail: "it names installation 424242, which is not the repository's",
    });
    const { id } = await stage.outcome(guid);
    const audit = 'SELECT action, actor_id FROM audit_event WHERE entity_type = $1 AND entity_id = $2';
    expect(await stage.rows(audit, 'delivery', id)).toEqual([{ action: 'delivery.suspect', actor_id: null }]);
  });
});

// Last: the repository has another name afterwards.
describe('a repository that is renamed while a pipeline waits (F61)', () => {
  it('keeps its project by number: the job clones, the verdict comes, and the next push runs, without GitHub’s word of it', async () => {
    const runner = new ScriptedRunner(stage.url, await stage.runnerToken());
    await endAll();
    const sha = await stage.push({ [ciPath]: 'only: {script: echo}' }, { branch: 'renamed' });
    await stage.pipelineOf(sha);
    const renamed = await stage.github.changeRepository(repository, { name: 'gadget', sender: 'kim' });
    expect(renamed.fullName).toBe('acme/gadget');

    const job = (await runner.take()) as { id: number; token: string; git_info?: { repo_url: string } };
    const address = job.git_info?.repo_url ?? '';
    const refs = await fetch(`${withoutUser(address)}/info/refs?service=git-upload-pack`, {
      headers: { authorization: `Basic ${Buffer.from(userOf(address)).toString('base64')}` },
    });
    expect(refs.status).toBe(200);
    await runner.update(job, { state: 'running' });
    await runner.update(job, { state: 'success' });
    await until(async () => {
      // What was posted before has used up the writes of this minute.
      await stage.passTime(5_000);
      return (await stage.github.statuses('acme/gadget', sha)).at(-1)?.state === 'success';
    }, 'the verdict under the new name');

    const next = await stage.github.push('acme/gadget', { pusher: 'dana', files: somethingNew() });
    expect(await stage.pipelineOf(next.after)).toMatchObject({ failure_reason: null });
    expect(await stage.rows('SELECT id, full_name FROM project')).toEqual([
      { id: stage.projectId, full_name: 'acme/gadget' },
    ]);
  }, 60_000);
});

/** Comes back through GitHub, without the terms that were accepted before. */
async function signInAgain(login: string): Promise<void> {
  const visitor = new Visitor();
  await visitor.post(`${stage.simulator.url}/login`, { login, return_to: '/' });
  const page = await visitor.open(`${stage.url}/auth/github?purpose=login`);
  if (page.text.includes('/login/oauth/authorize')) await visitor.submit(page, '/login/oauth/authorize');
}

function withoutUser(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

function userOf(address: string): string {
  const { username, password } = new URL(address);
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}
