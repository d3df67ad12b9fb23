import type { SimulatorControl } from '@crosstie/github-simulator';
import { expect, it } from '@jest/globals';

import type { Api } from './api.js';
import { followPipeline, type PipelineView } from './pipelines.js';
import { until } from './until.js';
import { repository } from './world.js';

/** A house that is set up for `acme` by kim, where dana has signed in, with one runner that asks for jobs. */
export interface LanguageHouse {
  readonly github: SimulatorControl;
  readonly dana: Api;
}

const withinMs = 120_000;

/**
 * The CI language carried through to jobs that really run: the same tests for each kind of runner. To be called
 * in a `describe`, after the `beforeAll` that starts house and runner.
 */
export function itCarriesTheLanguage(house: () => LanguageHouse): void {
  let pushes = 0;

  /** Pushes this CI file, with other files, to a branch of its own or a given one, and waits for the end. */
  async function run(
    lines: readonly string[],
    {
      status = 'success',
      branch,
      files = {},
    }: { status?: string; branch?: string; files?: Record<string, string> } = {},
  ): Promise<PipelineView> {
    pushes += 1;
    const { after } = await house().github.push(repository, {
      pusher: 'dana',
      branch: branch ?? `language-${pushes}`,
      parent: (await house().github.refs(repository))[`refs/heads/${branch ?? 'main'}`] ?? (await mainHead()),
      files: { ...files, 'gitlab/.gitlab-ci.yml': lines.join('\n'), 'push.txt': String(pushes) },
    });
    return followPipeline(house().dana, repository, after, (pipeline) => pipeline.status === status);
  }

  const mainHead = async (): Promise<string> => (await house().github.refs(repository))['refs/heads/main'] ?? '';

  async function logOf(pipeline: PipelineView, name: string): Promise<string> {
    const { body } = await house().dana.get(
      `/api/v4/projects/${pipeline.project_id}/pipelines/${pipeline.id}/jobs?include_retried=true&per_page=100`,
    );
    const job = (body as { id: number; name: string }[]).find((one) => one.name === name);
    return String((await house().dana.get(`/api/v4/projects/${pipeline.project_id}/jobs/${job?.id}/trace`)).body);
  }

  it(
    'runs parallel jobs and cells of a matrix, and hands the files of the needed cells on',
    async () => {
      const pipeline = await run([
        'stages: [make, pack]',
        'make:',
        '  stage: make',
        '  parallel: {matrix: [{OS: [linux, mac]}]}',
        '  script: [mkdir -p out, echo "made on $OS as $CI_NODE_INDEX of $CI_NODE_TOTAL" > "out/$OS.txt"]',
        '  artifacts: {paths: [out/]}',
        'pack:',
        '  stage: pack',
        '  needs: [{job: make, parallel: {matrix: [{OS: mac}]}}]',
        '  script: [cat out/mac.txt, test ! -e out/linux.txt]',
      ]);
      expect(pipeline.jobs.map(({ name }) => name)).toEqual(['make: [linux]', 'make: [mac]', 'pack']);
      expect(await logOf(pipeline, 'pack')).toContain('made on mac as 2 of 2');
    },
    withinMs,
  );

  it(
    'tries a job again until it succeeds, and keeps each try with its log',
    async () => {
      const pipeline = await run([
        'flaky:',
        '  retry: {max: 2, exit_codes: [75]}',
        '  cache: {key: tries, paths: [tries.txt], when: always}',
        '  script:',
        '    - echo again >> tries.txt',
        '    - echo "try $(wc -l < tries.txt)"',
        '    - test "$(wc -l < tries.txt)" -ge 3 || exit 75',
      ]);
      const { body } = await house().dana.get(
        `/api/v4/projects/${pipeline.project_id}/pipelines/${pipeline.id}/jobs?include_retried=true`,
      );
      const tries = body as { id: number; status: string }[];
      expect(tries.map(({ status }) => status)).toEqual(['success', 'failed', 'failed']);
    },
    withinMs,
  );

  it(
    'hands a cache from one pipeline to the next by the contents of a file, and another one when it changes',
    async () => {
      const lines = [
        'install:',
        '  cache: {key: {files: [deps.lock], prefix: deps}, paths: [deps/], unprotect: true}',
        '  script: [test -d deps && echo "deps were there" || echo "deps are fetched", mkdir -p deps, cp deps.lock deps/]',
      ];
      const branch = 'language-cache';
      const first = await run(lines, { branch, files: { 'deps.lock': 'one\n' } });
      expect(await logOf(first, 'install')).toContain('\ndeps are fetched');
      const second = await run(lines, { branch });
      expect(await logOf(second, 'install')).toContain('\ndeps were there');
      const third = await run(lines, { branch, files: { 'deps.lock': 'two\n' } });
      expect(await logOf(third, 'install')).toContain('\ndeps are fetched');
    },
    withinMs,
  );

  it(
    'hands variables of a dotenv report on, to the jobs that take its artifacts',
    async () => {
      const pipeline = await run([
        'stages: [a, b]',
        'version:',
        '  stage: a',
        '  script: [echo "VERSION=1.2.3" > build.env]',
        '  artifacts: {reports: {dotenv: build.env}}',
        'with: {stage: b, needs: [version], script: ["echo got-$VERSION"]}',
        'without: {stage: b, needs: [{job: version, artifacts: false}], script: ["echo got-$VERSION-none"]}',
      ]);
      expect(await logOf(pipeline, 'with')).toContain('\ngot-1.2.3');
      expect(await logOf(pipeline, 'without')).toContain('\ngot--none');
    },
    withinMs,
  );

  it(
    'finds the coverage in the log of a job',
    async () => {
      const pipeline = await run([
        'unit:',
        '  script: ["echo Lines: 71.5% covered", "echo done"]',
        "  coverage: '/Lines: \\d+\\.\\d+/'",
      ]);
      const path = `/api/v4/projects/${pipeline.project_id}/jobs/${pipeline.jobs[0]?.id}`;
      const coverage = await until(async () => {
        const job = await house().dana.read<{ coverage: number | null }>(path);
        return job.coverage ?? false;
      }, 'the coverage');
      expect(coverage).toBe(71.5);
    },
    withinMs,
  );

  it(
    'runs a hook before the sources are there, and knows its environment',
    async () => {
      const pipeline = await run([
        'deploy:',
        '  hooks: {pre_get_sources_script: [echo "before $CI_JOB_NAME"]}',
        '  environment: {name: review/$CI_COMMIT_REF_NAME, url: "https://$CI_ENVIRONMENT_SLUG.example"}',
        '  script: [echo "$CI_ENVIRONMENT_NAME $CI_ENVIRONMENT_TIER $CI_ENVIRONMENT_ACTION $CI_ENVIRONMENT_URL"]',
      ]);
      const log = await logOf(pipeline, 'deploy');
      expect(log).toContain('before deploy');
      expect(log.indexOf('before deploy')).toBeLessThan(log.indexOf('Checking out'));
      expect(log).toMatch(/review\/language-\d+ development start https:\/\/review-language-[\w-]+\.example/);
    },
    withinMs,
  );
}
