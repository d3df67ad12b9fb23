import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type HouseRunner, RunnerHouse } from './conformance/runner-house.js';
import { findGitlabRunner } from './demo/runner.js';
import type { JobView, PipelineView } from './pipelines.js';
import { until } from './until.js';
import { repository } from './world.js';

const found = await findGitlabRunner();
const megabytes = 10;

const ciFile = `
stages: [build, test, report]
variables:
  GIT_SUBMODULE_STRATEGY: recursive
build:
  stage: build
  script:
    - mkdir -p out && git log -1 --format=%H > out/built
    - echo "VERSION=1.2.3" > build.env
  artifacts:
    paths: [out/]
    reports: {dotenv: build.env}
    expire_in: 1 day
fill:
  stage: build
  script: ["mkdir -p .deps && echo fetched > .deps/list"]
  cache: {key: deps, paths: [.deps/]}
unit:
  stage: test
  needs: [build, fill]
  script: ["test -s out/built", "cat .deps/list"]
  cache: {key: deps, paths: [.deps/], policy: pull}
needs-nothing:
  stage: test
  needs: []
  script: ["test ! -e out/built"]
after:
  stage: test
  needs: []
  script: ["exit 3"]
  after_script: ["echo after with $CI_JOB_STATUS"]
  allow_failure: true
flaky:
  stage: test
  needs: []
  retry: 1
  script:
    - test -e "$CI_BUILDS_DIR/flaky-$CI_PIPELINE_ID" || { touch "$CI_BUILDS_DIR/flaky-$CI_PIPELINE_ID"; exit 1; }
    - echo "the second try"
slow:
  stage: test
  needs: []
  timeout: 8s
  script: ["sleep 300"]
  allow_failure: true
cancelled:
  stage: test
  needs: []
  script: ["echo begins", "sleep 300"]
  allow_failure: true
secrets:
  stage: test
  needs: []
  script: ["echo $CI_JOB_TOKEN $CI_REPOSITORY_URL", "echo $CI_JOB_TOKEN | base64 -w0"]
submodule:
  stage: test
  needs: []
  script: ["cat lib/hello.txt"]
long:
  stage: test
  needs: []
  script: ["head -c ${megabytes * 1024 * 1024} /dev/zero | tr '[:cntrl:]' x | fold -w 100"]
report:
  stage: report
  needs: [build, unit]
  script: ["echo version $VERSION of $(cat out/built)"]
`;

/** Where a real gitlab-runner is on PATH or in CROSSTIE_GITLAB_RUNNER; skipped elsewhere. */
(found ? describe : describe.skip)('twelve jobs with a real, unmodified gitlab-runner', () => {
  let house: RunnerHouse;
  let runner: HouseRunner;
  let sha: string;
  let pipeline: PipelineView;

  beforeAll(async () => {
    house = await RunnerHouse.build(found?.program ?? '');
    const { github } = house.stage;
    const files = { 'hello.txt': 'hello from the submodule\n' };
    const lib = await github.createRepository({ owner: 'acme', name: 'lib', private: false, files });
    runner = await house.runner('twelve', { concurrent: 6 });
    const pushed = await github.push(repository, {
      pusher: 'dana',
      files: {
        'gitlab/.gitlab-ci.yml': ciFile,
        '.gitmodules': '[submodule "lib"]\n\tpath = lib\n\turl = ../lib.git\n',
        lib: { submodule: lib.sha ?? '' },
      },
    });
    sha = pushed.after;
    const job = await house.job(sha, 'cancelled', ({ status }) => status === 'running');
    await until(async () => (await house.trace(job)).includes('begins'), 'its script to be under way', 60_000);
    await house.dana.post(`/api/v4/projects/${job.project_id}/jobs/${job.id}/cancel`);
    pipeline = await until(() => house.over(sha), 'the pipeline to be over', 120_000);
  }, 240_000);

  afterAll(async () => {
    await house?.tearDown();
  }, 60_000);

  const one = (name: string): JobView => pipeline.jobs.find((job) => job.name === name) as JobView;
  const log = (name: string): Promise<string> => house.trace(one(name));

  it('ends each as it should', () => {
    expect(Object.fromEntries(pipeline.jobs.map(({ name, status }) => [name, status]))).toEqual({
      build: 'success',
      fill: 'success',
      unit: 'success',
      'needs-nothing': 'success',
      after: 'failed',
      flaky: 'success',
      slow: 'failed',
      cancelled: 'canceled',
      secrets: 'success',
      submodule: 'success',
      long: 'success',
      report: 'success',
    });
    expect(pipeline.status).toBe('success');
  });

  it('hands on artifacts, variables and caches', async () => {
    expect(await log('unit')).toContain('fetched');
    expect(await log('report')).toContain(`version 1.2.3 of ${sha}`);
  });

  it('runs after_script, tries again, ends in time, fetches the submodule', async () => {
    expect(await log('after')).toContain('after with failed');
    expect(await log('flaky')).toContain('the second try');
    const all = `/api/v4/projects/${pipeline.project_id}/pipelines/${pipeline.id}/jobs?include_retried=true&per_page=100`;
    const tries = (await house.dana.read<JobView[]>(all)).filter(({ name }) => name === 'flaky');
    expect(tries.map(({ status }) => status)).toEqual(['success', 'failed']);
    const slow = await house.dana.read<{ failure_reason: string }>(
      `/api/v4/projects/${pipeline.project_id}/jobs/${one('slow').id}`,
    );
    expect(slow.failure_reason).toBe('job_execution_timeout');
    expect(await log('submodule')).toContain('hello from the submodule');
  });

  it('masks what is secret, and keeps of ten megabytes what the runner sends', async () => {
    const printed = await log('secrets');
    expect(printed).toContain('[MASKED]');
    for (const { value } of await house.stage.github.secrets()) expect(printed).not.toContain(value);
    expect(Buffer.byteLength(await log('long'))).toBeGreaterThan(4 * 1024 * 1024);
  });

  it('registers before and unregisters afterwards', async () => {
    await runner.running.stop();
    expect(await runner.command('unregister', '--all-runners')).toContain('Unregistering runner');
    expect(await runner.config()).not.toContain('[[runners]]');
    const lines = runner.log().trimEnd().split('\n').slice(-5);
    process.stdout.write(`${found?.label}, the end of its own log:\n${lines.join('\n')}\n`);
  });
});
