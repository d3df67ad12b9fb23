import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { findGitlabRunner } from '../demo/runner.js';
import { until } from '../until.js';
import type { Call } from './recording-proxy.js';
import { RunnerHouse } from './runner-house.js';

const found = await findGitlabRunner();
const isPoll = ({ method, path }: Call): boolean => method === 'POST' && path === '/api/v4/jobs/request';
const named = (tag: string) => `only:\n  tags: [${tag}]\n  script: ["echo it ran"]\n`;

interface Made {
  id: number;
  token: string;
}

/** By the numbers of the protocol page's conformance tests; skipped where there is no gitlab-runner. */
(found ? describe : describe.skip)('conformance of the lifecycle, with a real gitlab-runner', () => {
  let house: RunnerHouse;
  beforeAll(async () => {
    // The tokens that people make end after 44 seconds; those of the command line never do.
    house = await RunnerHouse.build(found?.program ?? '', { config: { runnerTokenLifetimeMs: 44_000 } });
  }, 60_000);
  afterAll(async () => {
    await house?.tearDown();
  }, 60_000);

  const callsWith = (token: string) =>
    house.proxy.calls.filter(({ headers, body }) => headers['runner-token'] === token || body.includes(token));
  const made = async (tag: string): Promise<Made> => {
    const wanted = { runner_type: 'instance_type', tag_list: tag, run_untagged: false };
    return (await house.admin.post('/api/v4/user/runners', wanted)).body as Made;
  };

  it('C1: registers with its token, and says who it is', async () => {
    const token = await house.stage.runnerToken(['c1']);
    const runner = await house.runner('c1', { token });
    const verify = await house.call(
      'verify',
      (call) => call.path === '/api/v4/runners/verify' && call.body.includes(token),
    );
    expect(verify.status).toBe(200);
    expect(JSON.parse(verify.body)).toMatchObject({
      token,
      system_id: expect.stringMatching(/^[sr]_[0-9a-zA-Z]{12}$/),
      info: { name: 'gitlab-runner', version: expect.stringMatching(/^\d+\./), features: { cancel_gracefully: true } },
    });
    expect(await runner.config()).toMatch(/^ {2}id = [1-9]\d*$/m);
    expect(await runner.command('verify')).toContain('is valid');
  }, 60_000);

  it('C3: two hosts of one runner leave one after the other, and the second goes on meanwhile', async () => {
    const token = await house.stage.runnerToken(['c3']);
    const [one, two] = [await house.runner('c3-one', { token }), await house.runner('c3-two', { token })];
    const systems = async () => {
      const runner = (
        await house.admin.read<{ id: number; tag_list: string[] }[]>('/api/v4/runners/all?tag_list=c3')
      )[0];
      const managers = await house.admin.read<unknown[]>(`/api/v4/runners/${runner?.id}/managers`);
      return managers.length;
    };
    await until(async () => (await systems()) === 2, 'both hosts to be known');
    await one.running.stop();
    await one.command('unregister', '--all-runners');
    expect(await systems()).toBe(1);
    const sha = await house.push(named('c3'));
    await house.job(sha, 'only', ({ status }) => status === 'success');
    await two.running.stop();
    await two.command('unregister', '--all-runners');
    expect(await systems()).toBe(0);
    const removals = house.proxy.calls.filter(({ method, path }) => method === 'DELETE' && path.endsWith('/managers'));
    expect(removals.map(({ status, body }) => [status, 'system_id' in (JSON.parse(body) as object)])).toEqual([
      [204, true],
      [204, true],
    ]);
  }, 90_000);

  it('C5: rotates a token that ends, after three quarters of its life, and goes on with the new one', async () => {
    const { token } = await made('c5');
    const runner = await house.runner('c5', { token });
    const isRotation = ({ path, body }: Call) => path.endsWith('reset_authentication_token') && body.includes(token);
    const rotation = await house.call('the rotation', isRotation, 60_000);
    expect(rotation.status).toBe(201);
    const sha = await house.push(named('c5'));
    await house.job(sha, 'only', ({ status }) => status === 'success');
    expect(await runner.config()).not.toContain(token);
  }, 120_000);

  it('C6: a paused runner is answered 204, stays healthy, and takes its job as soon as it is resumed', async () => {
    const { id, token } = await made('c6');
    await house.admin.put(`/api/v4/runners/${id}`, { paused: true });
    const runner = await house.runner('c6', { token });
    const polls = () => callsWith(token).filter((call) => isPoll(call) && call.status !== null);
    await until(() => polls().length >= 4, 'four polls', 30_000);
    expect(new Set(polls().map(({ status }) => status))).toEqual(new Set([204]));
    expect(polls().every(({ answer }) => answer['x-gitlab-last-update'] !== undefined)).toBe(true);
    const sha = await house.push(named('c6'));
    await house.job(sha, 'only', ({ status }) => status === 'pending');
    await house.admin.put(`/api/v4/runners/${id}`, { paused: false });
    await house.job(sha, 'only', ({ status }) => status === 'success');
    expect(runner.log()).not.toContain('is unhealthy');
  }, 90_000);

  it('C7: a runner whose token was revoked asks three times and is silent then', async () => {
    const { id, token } = await made('c7');
    const runner = await house.runner('c7', { token });
    await house.admin.delete(`/api/v4/runners/${id}`);
    const refused = () => callsWith(token).filter((call) => isPoll(call) && call.status === 403);
    await until(() => refused().length >= 3 && runner.log().includes('is unhealthy'), 'three refusals', 30_000);
    const before = callsWith(token).length;
    const sha = await house.push(named('c1'));
    await house.job(sha, 'only', ({ status }) => status === 'success');
    expect(callsWith(token).length - before).toBeLessThanOrEqual(1);
  }, 90_000);

  it('C47: a runner that is told to stop while it polls is given nothing', async () => {
    const runner = await house.runner('c47', { tags: ['c47'] });
    const token = /token = "(glrt-[^"]+)"/.exec(await runner.config())?.[1] ?? '';
    const isHeld = (call: Call) => isPoll(call) && call.status === null && !call.aborted;
    await until(() => callsWith(token).some(isHeld), 'a held poll', 30_000);
    runner.kill('SIGQUIT');
    await until(() => runner.running.exitStatus() !== null, 'the runner to end', 30_000);
    const sha = await house.push(named('c47'));
    const job = await house.job(sha, 'only', ({ status }) => status === 'pending');
    expect(callsWith(token).filter((call) => isPoll(call) && call.aborted).length).toBeGreaterThan(0);
    expect(house.callsOf(job.id)).toEqual([]);
    await house.runner('c47-next', { token });
    await house.job(sha, 'only', ({ status }) => status === 'success');
  }, 90_000);

  // The last one: it moves the clock.
  it('C30: the job of a runner that was killed fails after the limit of its silence', async () => {
    const runner = await house.runner('c30', { tags: ['c30'] });
    const sha = await house.push('only:\n  tags: [c30]\n  script: ["sleep 600"]\n');
    const job = await house.job(sha, 'only', ({ status }) => status === 'running');
    await until(() => house.callsOf(job.id, 'PUT').length > 0, 'its first word');
    runner.kill('SIGKILL');
    await until(() => runner.running.exitStatus() !== null, 'the runner to be gone');
    house.stage.clock.advance(16 * 60_000);
    await house.job(sha, 'only', ({ status }) => status === 'failed');
    const view = await house.dana.read<{ explanation: string }>(`/api/crosstie/v1/jobs/${job.id}`);
    expect(view.explanation).toMatch(/in time/);
  }, 90_000);
});
