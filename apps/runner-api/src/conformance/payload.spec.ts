import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === 'string';
const integer: Check = (value) => Number.isSafeInteger(value);
const flag: Check = (value) => typeof value === 'boolean';
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** What is there has the type; what Go would take as its zero value may be absent. */
const shaped =
  (fields: Record<string, Check>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => {
      const field = (value as Record<string, unknown>)[name];
      return field === undefined || field === null || check(field);
    });

const variable = shaped({ key: text, value: text, public: flag, file: flag, masked: flag, raw: flag });
const image = shaped({
  name: text,
  alias: text,
  entrypoint: listOf(text),
  command: listOf(text),
  pull_policy: listOf(text),
});
const job = shaped({
  id: integer,
  token: text,
  allow_git_fetch: flag,
  job_info: shaped({
    name: text,
    stage: text,
    project_id: integer,
    project_name: text,
    project_full_path: text,
    pipeline_id: integer,
    namespace_id: integer,
    root_namespace_id: integer,
    organization_id: integer,
    user_id: integer,
    instance_id: text,
    instance_uuid: text,
    time_in_queue_seconds: (value) => typeof value === 'number',
    project_jobs_running_on_instance_runners_count: text,
    queue_size: integer,
    queue_depth: integer,
  }),
  git_info: shaped({
    repo_url: text,
    sha: text,
    ref: text,
    refspecs: listOf(text),
    depth: integer,
    ref_type: text,
    before_sha: text,
    repo_object_format: text,
    protected: flag,
  }),
  runner_info: shaped({ timeout: integer, uuid: text }),
  variables: listOf(variable),
  steps: listOf(shaped({ name: text, script: listOf(text), timeout: integer, when: text, allow_failure: flag })),
  hooks: listOf(shaped({ name: text, script: listOf(text) })),
  image,
  services: listOf(image),
  artifacts: listOf(
    shaped({
      name: text,
      untracked: flag,
      paths: listOf(text),
      exclude: listOf(text),
      when: text,
      artifact_type: text,
      artifact_format: text,
      expire_in: text,
    }),
  ),
  cache: listOf(
    shaped({ key: text, untracked: flag, policy: text, paths: listOf(text), when: text, fallback_keys: listOf(text) }),
  ),
  credentials: listOf(shaped({ type: text, url: text, username: text, password: text })),
  dependencies: listOf(
    shaped({ id: integer, name: text, token: text, artifacts_file: shaped({ filename: text, size: integer }) }),
  ),
  features: shaped({ trace_sections: flag, token_mask_prefixes: listOf(text), failure_reasons: listOf(text) }),
});

/** By the numbers of the protocol page's conformance tests. */
describe('conformance of what a runner is given, decoded as strictly as it does', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  it('C13: every 201 decodes: texts are texts, integers integers, `run` is absent, the sha is whole', async () => {
    const projectId = await stage.project();
    const runner = await stage.runner(projectId);
    const sketches = [
      { name: 'plain' },
      { name: 'files', artifacts: { paths: ['out/'], expire_in: '1 week', reports: { junit: ['j.xml'] } } },
      {
        name: 'all',
        after_script: ['true'],
        timeout: 90,
        variables: [{ key: 'N', value: '7', public: true, file: false, masked: false, raw: false }],
      },
    ];
    const { jobIds } = await stage.pipeline(projectId, sketches);
    for (const jobId of jobIds) {
      await stage.queue(jobId);
      const answer = await stage.request(runner);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json(;|$)/);
      const payload = (await answer.json()) as Record<string, unknown> & { git_info: { sha: string }; token: string };
      expect([answer.status, job(payload)]).toEqual([201, true]);
      expect(payload).not.toHaveProperty('run');
      expect(payload.git_info.sha).toMatch(/^[0-9a-f]{40}$/);
      expect(payload['id']).toBe(jobId);
      await stage.upload(jobId, payload.token, 'zip');
      await stage.put(`jobs/${jobId}`, { token: payload.token, state: 'success' });
    }
  });
});
