import { compile, type CompileContext } from '../index.js';

const answerTo = (text: string, context: CompileContext = {}) =>
  compile({ files: { 'gitlab/.gitlab-ci.yml': text }, context });
const isKept = (job: string, context: CompileContext = {}, more = '') => {
  const answer = answerTo(`job: {script: x, ${job}}\n${more}`, context);
  expect(answer.errors).toEqual([]);
  return answer.created;
};

const branch: CompileContext = { ref: 'main' };
const tag: CompileContext = { ref: 'v1.0', ref_type: 'tag' };
const request: CompileContext = {
  source: 'merge_request_event',
  ref: 'topic',
  merge_request: { source_branch: 'topic' },
};

describe('only', () => {
  const rows: [word: string, onBranch: boolean, onTag: boolean, onRequest: boolean][] = [
    ['branches', true, false, false],
    ['tags', false, true, false],
    ['merge_requests', false, false, true],
    ['merge_request', false, false, true],
    ['external_pull_requests', false, false, true],
    ['pushes', true, true, false],
    ['push', true, true, false],
    ['web', false, false, false],
    ['main', true, false, false],
    ['mai', false, false, false],
    ['ma*', false, false, false],
    ['topic', false, false, false],
    ['/^v/', false, true, false],
    ['/AIN/i', true, false, false],
    ['/top/', false, false, false],
    ['main@acme/widget', true, false, false],
    ['main@Acme/Widget', true, false, false],
    ['main@acme/other', false, false, false],
    ['branches@acme/widget', true, false, false],
  ];

  it.each(rows)('%s', (word, onBranch, onTag, onRequest) => {
    const job = `only: ["${word}"]`;
    expect([isKept(job, branch), isKept(job, tag), isKept(job, request)]).toEqual([onBranch, onTag, onRequest]);
  });

  it.each([
    ['web', 'web'],
    ['schedule', 'schedules'],
    ['api', 'api'],
    ['trigger', 'triggers'],
    ['pipeline', 'pipelines'],
    ['parent_pipeline', 'parent_pipelines'],
  ])('of the source %s is called %s', (source, word) => {
    expect(isKept(`only: [${word}]`, { source })).toBe(true);
    expect(isKept(`except: [${word}]`, { source })).toBe(false);
  });

  it('needs all of its keys, except any of them', () => {
    expect(isKept('only: {refs: [main], variables: [$A]}')).toBe(false);
    expect(isKept('only: {refs: [main], variables: [$B, $A]}', { variables: { A: '1' } })).toBe(true);
    expect(isKept('except: {refs: [tags], variables: [$A]}', { variables: { A: '1' } })).toBe(false);
    expect(isKept('except: {kubernetes: active}')).toBe(true);
    expect(isKept('only: {kubernetes: active}')).toBe(false);
  });

  it('without refs still means branches and tags', () => {
    expect(isKept('only: {variables: [$CI_PIPELINE_SOURCE]}', request)).toBe(false);
    expect(isKept('only: {variables: [$CI_PIPELINE_SOURCE]}', request, 'workflow: {rules: [{when: always}]}')).toBe(
      false,
    );
  });

  it('expands no variables in its globs, and takes unknown changes for a match', () => {
    const context = { changed_paths: ['src/a'], variables: { D: 'src' } };
    expect(isKept('only: {changes: ["$D/*"]}', context)).toBe(false);
    expect(isKept('only: {changes: ["src/*"]}', context)).toBe(true);
    expect(isKept('only: {changes: ["no/*"]}')).toBe(true);
    expect(isKept('except: {changes: ["no/*"]}')).toBe(false);
  });
});

describe('a job without conditions', () => {
  const flow = 'workflow: {rules: [{when: always}]}';

  it.each([
    ['', '', true, false],
    ['', flow, true, true],
    ['rules: null', '', true, true],
    ['rules: null, except: [main]', '', false, true],
    ['except: [tags]', '', true, false],
    ['except: [tags]', flow, true, true],
    ['rules: [{when: on_success}]', flow, true, true],
  ])('(%s; %s) on a branch %s, for a merge request %s', (job, more, onBranch, onRequest) => {
    expect([isKept(job, branch, more), isKept(job, request, more)]).toEqual([onBranch, onRequest]);
  });
});

describe('rules', () => {
  it.each([
    ['[{if: $CI_COMMIT_BRANCH == "main"}]', true],
    ['[{if: $A}, {if: $B}, {when: never}]', false],
    ['[{when: never}, {when: always}]', false],
    ['[{if: $CI_COMMIT_BRANCH, when: never}]', false],
    ['[{if: $A}]', false],
    ['[{if: $CI_COMMIT_BRANCH, changes: [x]}]', true],
    ['[{if: $CI_COMMIT_BRANCH, changes: [z]}]', false],
    ['[{changes: []}]', false],
    ['[{exists: [f]}]', true],
    ['[{exists: [g]}, {exists: [f]}]', true],
    ['[{exists: {paths: [f], project: other/repo}}]', false],
    ['[{exists: {paths: [f], project: $CI_PROJECT_PATH}}]', true],
    ['[{variables: {A: "1"}, if: $A}]', false],
    ['[{if: $CI_JOB_NAME == "job" && $CI_JOB_STAGE == "test"}]', true],
    ['[{if: $CI_NODE_TOTAL == "1" && $CI_NODE_INDEX == null}]', true],
  ])('%s', (rules, kept) => {
    expect(isKept(`rules: ${rules}`, { changed_paths: ['x'], paths: ['f'] })).toBe(kept);
  });

  it('see the name of the environment, expanded', () => {
    expect(
      isKept('environment: {name: review/$CI_COMMIT_BRANCH}, rules: [{if: $CI_ENVIRONMENT_NAME == "review/main"}]'),
    ).toBe(true);
  });

  it('see project variables over those of the file, and those over predefined ones', () => {
    const job =
      'variables: {A: file, CI_COMMIT_BRANCH: mine}, rules: [{if: $A == "project" && $CI_COMMIT_BRANCH == "mine"}]';
    expect(isKept(job, { variables: { A: 'project' } })).toBe(true);
    expect(isKept(job)).toBe(false);
  });

  it('do not see variables that the job does not inherit', () => {
    const more = 'variables: {A: "1", B: "1"}';
    expect(isKept('inherit: {variables: false}, rules: [{if: $A}]', {}, more)).toBe(false);
    expect(isKept('inherit: {variables: [A]}, rules: [{if: $A && $B == null}]', {}, more)).toBe(true);
  });
});

describe('the workflow', () => {
  it.each([
    ['[{if: $CI_COMMIT_BRANCH}]', true],
    ['[{if: $CI_COMMIT_TAG}]', false],
    ['[{if: $CI_COMMIT_BRANCH, when: never}, {when: always}]', false],
    ['[{changes: [x]}]', true],
    ['[{exists: [none]}]', false],
    ['[{if: $ROOT}]', true],
    ['[{if: $CI_JOB_NAME}]', false],
  ])('with rules %s', (rules, created) => {
    const answer = answerTo(`workflow: {rules: ${rules}}\nvariables: {ROOT: "1"}\nj: {script: x}`);
    expect(answer.created).toBe(created);
    expect(answer.reason === null).toBe(created);
    expect(answer.valid).toBe(true);
  });

  it.each([
    ['push', false],
    ['merge_request_event', false],
    ['web', true],
    ['api', true],
    ['schedule', true],
    ['trigger', true],
    ['parent_pipeline', true],
  ])('heeds the skip marker of a commit or not: %s makes a pipeline: %s', (source, created) => {
    const text = 'workflow: {rules: [{when: always}]}\nj: {script: x}';
    for (const marker of ['[skip ci]', '[ci skip]', '[CI-SKIP]', '[skip_ci]']) {
      expect(answerTo(text, { source, commit_message: `A title\n\n${marker}` }).created).toBe(created);
    }
    expect(answerTo(text, { source, commit_message: '[skipci] [no ci]' }).created).toBe(true);
  });
});
