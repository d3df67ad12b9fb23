import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { asker, type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';

const long = (length: number): string => 'x'.repeat(length);
const notTexts = [7, true, ['a'], { $ne: null }];
const notObjects = ['a', 7, ['a']];
const notIntegers = ['7', 1.5, true, [7], {}, 1e300];

describe('a body of a runner with a wrong field is answered 400 with its name, and nothing is changed', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  const errorOf = async (answer: Response) => [answer.status, ((await answer.json()) as { error?: string }).error];
  const cases = (field: string, values: readonly unknown[]) => values.map((value) => ({ field, value }));
  const infoCases = ['version', 'revision', 'platform', 'architecture', 'executor'].flatMap((name) =>
    cases(`info.${name}`, [...notTexts, long(256)]),
  );
  const runnerCases = [
    ...cases('token', [...notTexts, long(1_001)]),
    ...cases('system_id', [...notTexts, long(65)]),
    ...cases('info', notObjects),
    ...cases('info.features', notObjects),
    ...cases('info.features.two_phase_job_commit', ['true', 1, {}]),
    ...infoCases,
  ];

  /** A good body with one field replaced. */
  function withField(body: Record<string, unknown>, field: string, value: unknown): Record<string, unknown> {
    const copy = structuredClone(body);
    const parts = field.split('.');
    let at = copy;
    for (const part of parts.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
    at[parts.at(-1) ?? ''] = value;
    return copy;
  }

  it.each(['jobs/request', 'runners/verify'])('at %s', async (path) => {
    const projectId = await stage.project();
    const token = await stage.runner(projectId);
    const { jobIds } = await stage.pipeline(projectId, [{}]);
    await stage.queue(jobIds[0] as number);
    const more = path === 'jobs/request' ? cases('last_update', [...notTexts, long(256)]) : [];
    for (const { field, value } of [...runnerCases, ...more]) {
      const answer = await stage.post(path, withField(asker(token), field, value));
      expect([field, value, ...(await errorOf(answer))]).toEqual([
        field,
        value,
        400,
        expect.stringMatching(new RegExp(`^${field} is `)),
      ]);
    }
    expect(await stage.job(jobIds[0] as number)).toMatchObject({ status: 'pending', handout: 0 });
    expect((await stage.request(token)).status).toBe(201);
  });

  it('at the update of a job', async () => {
    const job = await stage.handedOut();
    const end = { token: job.token, state: 'failed', failure_reason: 'script_failure', exit_code: 1 };
    const before = await stage.job(job.id);
    const wrong = [
      ...cases('token', notTexts),
      ...cases('state', ['pending', '', null, ['running'], 7, {}]),
      ...cases('failure_reason', [...notTexts, long(256)]),
      ...cases('exit_code', [...notIntegers, 2 ** 31]),
      ...cases('output', notObjects),
      ...cases('output.checksum', [...notTexts, long(256)]),
      ...cases('output.bytesize', [...notIntegers, -1]),
    ];
    for (const { field, value } of wrong) {
      const answer = await stage.put(`jobs/${job.id}`, withField(end, field, value));
      const [status, error] = await errorOf(answer);
      expect([field, value, status]).toEqual([field, value, 400]);
      expect(error).toMatch(new RegExp(`^${field} (is|does)`));
    }
    expect(await stage.job(job.id)).toEqual(before);
    expect((await stage.put(`jobs/${job.id}`, end)).status).toBe(200);
  });

  it('at the upload of a file', async () => {
    const job = await stage.handedOut();
    for (const [field, value] of [
      ['artifact_type', '../x'],
      ['artifact_type', ''],
      ['artifact_format', 'exe'],
      ['expire_in', 'sometime'],
    ]) {
      const [status, error] = await errorOf(await stage.upload(job.id, job.token, 'x', `?${field}=${value}`));
      expect([field, value, status]).toEqual([field, value, 400]);
      expect(error).toMatch(new RegExp(`^${field} does`));
    }
    const twice = await stage.upload(job.id, job.token, 'x', '?artifact_type=archive&artifact_type=junit');
    expect((await errorOf(twice))[1]).toMatch(/^artifact_type does/);
    const { rows } = await stage.database.pool.query('SELECT FROM artifact WHERE job_id = $1', [job.id]);
    expect(rows).toEqual([]);
  });

  it('at the leaving of a host and the change of a token', async () => {
    const token = await stage.runner(await stage.project());
    await stage.request(token);
    for (const value of notTexts) {
      expect((await stage.delete('runners/managers', { token, system_id: value })).status).toBe(400);
      expect((await stage.delete('runners', { token: value })).status).toBe(400);
      expect((await stage.post('runners/reset_authentication_token', { token: value })).status).toBe(400);
    }
    expect((await stage.request(token)).status).toBe(204);
  });

  it('but what is not used, and what is new, is taken in any shape', async () => {
    const token = await stage.runner(await stage.project());
    const info = { name: 7, config: ['odd'], labels: null, features: { new_feature: { deep: [1] }, shared: 'yes' } };
    const answer = await stage.post('jobs/request', { ...asker(token), info, session: 7, new_field: [[]] });
    expect(answer.status).toBe(204);
    const job = await stage.handedOut();
    const end = { token: job.token, state: 'failed', failure_reason: 'something new', output: { checksum: 'sha1:0' } };
    expect((await stage.put(`jobs/${job.id}`, { ...end, info: null, exit_code: null })).status).toBe(200);
  });

  it('RA5: a body that is too deep or too long is refused, and the next one is taken', async () => {
    const token = await stage.runner(await stage.project());
    let deep: unknown = 1;
    for (let n = 0; n < 40; n += 1) deep = { deep };
    expect((await stage.post('jobs/request', { ...asker(token), info: deep })).status).toBe(400);
    const features = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`feature_${n}`, true]));
    expect((await stage.post('jobs/request', { ...asker(token), info: { features } })).status).toBe(413);
    expect((await stage.request(token)).status).toBe(204);
  });
});
