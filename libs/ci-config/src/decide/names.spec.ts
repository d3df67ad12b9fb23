import { compileForPipeline, type CompileContext } from '../index.js';

const everything = ['include', 'rules', 'rules:if', 'rules:changes', 'rules:exists', 'script', 'when=on_success'];

function run(text: string, context: CompileContext = {}, more: object = {}) {
  const input = { files: { 'gitlab/.gitlab-ci.yml': text }, context, ...more };
  const { answer, wantedNames } = compileForPipeline(input, everything);
  return { wantedNames, jobs: answer.jobs.map((job) => job.name), errors: answer.errors, wanted: answer.wanted };
}

const job = (rule: string) => `always: {script: x}\njob: {script: x, rules: [${rule}]}`;
const elsewhere = '{exists: {paths: [f], project: Acme/Lib, ref: v1}}';

describe('the lists of file names that a compile asks for', () => {
  it.each([
    ['{if: $CI == "true"}', []],
    ['{changes: [a]}', ['changed_paths']],
    ['{changes: {paths: [a], compare_to: $CI_DEFAULT_BRANCH}}', ['comparisons:main']],
    ['{exists: [a]}', ['paths']],
    ['{exists: {paths: [a], project: $CI_PROJECT_PATH}}', ['trees:acme/widget@HEAD']],
    [elsewhere, ['trees:acme/lib@v1']],
    ['{if: $NEVER, exists: [a], changes: [a]}', []],
  ])('%s', (rule, keys) => {
    expect(run(job(rule)).wantedNames).toEqual(keys);
  });

  it('is the tree for a wildcard, and for the rules of an include', () => {
    expect(run('include: "ci/*.yml"\njob: {script: x}').wantedNames).toEqual(['paths']);
    expect(run('include: {local: a.yml, rules: [{exists: [f]}]}\njob: {script: x}').wantedNames).toEqual(['paths']);
  });

  it('is the tree of the other repository for the rules of an include in a file of it', () => {
    const other = {
      'project:acme/lib@v1:a.yml': 'include: {local: b.yml, rules: [{exists: [f]}]}\na: {script: x}',
      'project:acme/lib@v1:b.yml': 'b: {script: x}',
    };
    const text = 'include: {project: acme/lib, file: a.yml, ref: v1}';
    expect(run(text, {}, { other })).toMatchObject({ wantedNames: ['trees:acme/lib@v1'], jobs: ['a'] });
    const trees = { 'acme/lib@v1': ['f'] };
    expect(run(text, { trees }, { other })).toMatchObject({ wantedNames: [], jobs: ['b', 'a'] });
  });

  it('is nothing once they are handed in, unknown ones too', () => {
    const context = { paths: ['a'], changed_paths: null, comparisons: { main: null } };
    const rules = '{exists: [b]}, {changes: [a]}';
    expect(run(job(rules), context)).toMatchObject({ wantedNames: [], jobs: ['always', 'job'] });
  });
});

describe('the lists that were handed in', () => {
  it('decide each for its own rule (C-4.5)', () => {
    const rule = (paths: string) => job(`{changes: {paths: [${paths}], compare_to: next}}`);
    const context = { changed_paths: ['pushed'], comparisons: { next: ['since'] } };
    expect(run(rule('since'), context).jobs).toEqual(['always', 'job']);
    expect(run(rule('pushed'), context).jobs).toEqual(['always']);
  });

  it('decide about the files of another project (C-4.6)', () => {
    expect(run(job(elsewhere), { trees: { 'acme/lib@v1': ['f'] } }).jobs).toEqual(['always', 'job']);
    expect(run(job(elsewhere), { trees: { 'acme/lib@v1': ['g'] } }).jobs).toEqual(['always']);
  });

  it('fail the pipeline for a ref that is not there and a project that may not be seen', () => {
    const compared = job('{changes: {paths: [a], compare_to: gone}}');
    expect(run(compared, { comparisons: { gone: false } }).errors).toMatchObject([
      { message: 'Failed to parse rule for job: rules:changes:compare_to is not a valid ref: there is no `gone`.' },
    ]);
    expect(run(job(elsewhere), { trees: { 'acme/lib@v1': false } }).errors).toMatchObject([
      { message: expect.stringContaining('rules:exists:project `acme/lib` is not found or may not be accessed') },
    ]);
  });
});

describe('a file that could not be had', () => {
  it('is told with the reason of whoever fetched it, and asked for no more', () => {
    const unavailable = { 'remote:https://e.x/a.yml': 'Remote file `https://e.x/a.yml` did not answer in time.' };
    expect(run('include: https://e.x/a.yml\njob: {script: x}', {}, { unavailable })).toMatchObject({
      wanted: [],
      errors: [{ code: 'include_missing', line: 1, message: unavailable['remote:https://e.x/a.yml'] }],
    });
  });
});
