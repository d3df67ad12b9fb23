import { describe, expect, it } from '@jest/globals';

import { compileConfig } from './compile-config.js';
import { CompileThread } from './compile-thread.js';
import { pipelineVariables, ownVariables, type VariableFacts } from './job-variables.js';
import { pipelineRows } from './pipeline-rows.js';

const path = 'gitlab/.gitlab-ci.yml';
const context = { ref: 'main', sha: 'a'.repeat(40), project_path: 'acme/widget' };

const compile = (text: string) => compileConfig({ files: { [path]: text }, context });

const facts: VariableFacts = {
  serverUrl: 'https://ci.example:8443',
  githubWebUrl: 'https://github.com',
  pipelineId: 7,
  createdAt: new Date('2026-11-24T12:00:00Z'),
  projectId: 3,
  fullName: 'acme/widget',
  ownerId: 5,
  isPrivate: true,
  githubHost: 'github.com',
  githubRepositoryId: 101,
  configPath: path,
  pipelineName: null,
  author: 'Kim $HOME <kim@example.com>',
  authoredAt: null,
};

describe('compiling the CI file of a push', () => {
  it('answers the same from its own thread as from this one', async () => {
    const file = 'stages: [a]\nunit: {stage: a, script: x, release: {tag_name: v1, description: x}}\n';
    const here = await compile(file);
    const apart = await compile(`${file}${'# '.padEnd(70 * 1024, 'x')}\n`);
    expect(apart).toEqual(here);
    expect(here.unsupported[0]).toMatchObject({ code: 'not_yet_supported', line: 2 });
  });
});

describe('a file that cannot be compiled within the limits (Y5)', () => {
  const large = `# ${'x'.repeat(70 * 1024)}\n${Array.from({ length: 1500 }, (_, n) => `j${n}: {script: x}`).join('\n')}`;
  const input = { files: { [path]: large }, context };
  const limits = { patienceMs: 60_000, heapMb: 512, idleMs: 60_000 };

  it.each([
    ['too_long', { patienceMs: 1 }],
    ['too_much_memory', { heapMb: 8 }],
  ])('is told so, as %s, and the next one is compiled', async (code, more) => {
    const narrow = new CompileThread({ ...limits, ...more });
    expect(await compileConfig(input, narrow)).toMatchObject({ answer: { valid: false, errors: [{ code }] } });
    expect(await compileConfig(input, narrow)).toMatchObject({ answer: { errors: [{ code }] } });
    narrow.end();
    const wide = new CompileThread(limits);
    const both = await Promise.all([compileConfig(input, wide), compileConfig(input, wide)]);
    expect(both.map(({ answer }) => answer.jobs.length)).toEqual([1500, 1500]);
    wide.end();
  });
});

describe('the rows of a compiled pipeline', () => {
  it('are columns in the order of the jobs, and parts of 32 jobs behind the graph', async () => {
    const file = Array.from({ length: 70 }, (_, n) => `job${n}: {script: x, tags: [t${n % 2}]}`).join('\n');
    const rows = await pipelineRows(await compile(file), []);
    expect(rows.parts).toEqual([0, 1, 2, 3]);
    expect(rows.bodies).toHaveLength(4);
    expect(rows.indexes).toHaveLength(70);
    expect(rows.tags[1]).toEqual(['t1']);
    expect(new Set(rows.statuses)).toEqual(new Set(['pending']));
    expect(rows.status).toBe('pending');
  });

  it('say which jobs are allowed to fail and how long they may take', async () => {
    const file =
      'a: {script: x, allow_failure: true, timeout: 90s}\nb: {script: x, allow_failure: {exit_codes: [3]}}\n';
    const rows = await pipelineRows(await compile(file), []);
    expect(rows.allowFailures).toEqual([true, false]);
    expect(rows.timeoutsS).toEqual([90, null]);
  });
});

describe('the variables of a job', () => {
  const byKey = (list: ReturnType<typeof pipelineVariables>) => new Map(list.map((one) => [one.key, one]));

  it('name the server, the project on GitHub and the pipeline', () => {
    const variables = byKey(pipelineVariables(context, facts));
    const value = (key: string) => variables.get(key)?.value;
    expect(value('CI_SERVER_FQDN')).toBe('ci.example:8443');
    expect(value('CI_SERVER_PORT')).toBe('8443');
    expect(value('CI_PROJECT_URL')).toBe('https://github.com/acme/widget');
    expect(value('CI_PIPELINE_URL')).toBe('https://ci.example:8443/acme/widget/-/pipelines/7');
    expect(value('CI_COMMIT_BRANCH')).toBe('main');
    expect(variables.has('CI_PIPELINE_NAME')).toBe(false);
  });

  it('are raw where they hold text from outside: a dollar sign in a name is no reference', () => {
    const author = byKey(pipelineVariables(context, facts)).get('CI_COMMIT_AUTHOR');
    expect(author).toMatchObject({ value: 'Kim $HOME <kim@example.com>', raw: true });
  });

  it('of the configuration win over predefined ones, since they come later', async () => {
    const file = 'unit:\n  script: x\n  variables:\n    CI_JOB_STAGE: mine\n    LATER: {value: "$A", expand: false}\n';
    const { answer } = await compile(file);
    const [job] = answer.jobs;
    const own = job ? ownVariables(job) : [];
    expect(own.map((one) => [one.key, one.value, one.raw])).toEqual([
      ['CI_JOB_NAME', 'unit', true],
      ['CI_JOB_STAGE', 'test', true],
      ['CI_JOB_STAGE', 'mine', false],
      ['LATER', '$A', true],
    ]);
  });
});
