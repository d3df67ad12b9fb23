import { compile, type CompileInput } from '../index.js';

const answerTo = (text: string, context: CompileInput['context'] = {}) =>
  compile({ files: { 'gitlab/.gitlab-ci.yml': text }, context });
const names = (text: string) => answerTo(text).jobs.map((job) => job.name);

describe('instances of a job', () => {
  it.each([
    ['parallel: 3', ['j 1/3', 'j 2/3', 'j 3/3']],
    ['parallel: 1', ['j 1/1']],
    ['parallel: {matrix: [{A: [1, 2], B: [x, y]}]}', ['j: [1, x]', 'j: [1, y]', 'j: [2, x]', 'j: [2, y]']],
    ['parallel: {matrix: [{B: x, A: 1}, {C: z}]}', ['j: [x, 1]', 'j: [z]']],
    ['parallel: {matrix: [{A: ["", x]}]}', ['j: []', 'j: [x]']],
    ['parallel: {matrix: [{A: "a, b"}]}', ['j: [a, b]']],
  ])('with %s', (parallel, instances) => {
    expect(names(`j: {script: x, ${parallel}}`)).toEqual(instances);
  });

  it('decide each by its own values, unexpanded', () => {
    const text = 'j: {script: x, variables: {A: own}, parallel: {matrix: [{A: [$B, y]}]}, rules: [{if: $A == "$B"}]}';
    expect(names(text)).toEqual(['j: [$B]']);
  });

  it('warn when two come to the same name, and keep the later', () => {
    const { jobs, warnings } = answerTo('j: {script: x, parallel: {matrix: [{A: x, B: 1}, {C: x, D: 1}]}}');
    expect(jobs).toMatchObject([
      { name: 'j: [x, 1]', variables: { C: 'x', D: '1' }, parallel: { index: 2, total: 2 } },
    ]);
    expect(warnings).toMatchObject([{ code: 'job_twice' }]);
  });

  it('may not have a name of more than 255 characters', () => {
    const long = 'x'.repeat(255);
    expect(answerTo(`j: {script: x, parallel: {matrix: [{A: ${long}}]}}`).errors).toMatchObject([
      { code: 'length', path: 'jobs:j:parallel' },
    ]);
  });
});

describe('needs of and on parallel jobs', () => {
  const base = 'b: {stage: build, script: x, parallel: {matrix: [{A: [1, 2], B: [x, y]}]}}\n';
  const needs = (text: string) =>
    answerTo(base + text)
      .jobs.find((job) => job.name.startsWith('j'))
      ?.needs?.map((need) => need.job);

  it.each([
    ['[b]', ['b: [1, x]', 'b: [1, y]', 'b: [2, x]', 'b: [2, y]']],
    ['["b: [2, x]"]', ['b: [2, x]']],
    ['[{job: b, parallel: {matrix: [{A: 1, B: [x, y]}]}}]', ['b: [1, x]', 'b: [1, y]']],
    ['[{job: b, parallel: {matrix: [{A: 1, B: x}, {A: 2, B: y}]}}]', ['b: [1, x]', 'b: [2, y]']],
  ])('%s', (written, jobs) => {
    expect(needs(`j: {script: x, needs: ${written}}`)).toEqual(jobs);
  });

  it.each([
    ['a key is missing', '[{job: b, parallel: {matrix: [{A: 1}]}}]'],
    ['the keys are in another order', '[{job: b, parallel: {matrix: [{B: x, A: 1}]}}]'],
    ['a value does not exist', '[{job: b, parallel: {matrix: [{A: 3, B: x}]}}]'],
    ['the suffix is of another kind', '["b 1/4"]'],
  ])('name nothing when %s', (_why, written) => {
    expect(answerTo(`${base}j: {script: x, needs: ${written}}`).errors).toMatchObject([
      { code: 'need_unknown', path: 'jobs:j:needs' },
    ]);
  });

  it('may use the values of the own cell, and no others', () => {
    const own = (key: string) =>
      `${base}j: {script: x, parallel: {matrix: [{A: [1, 2]}]}, needs: [{job: b, parallel: {matrix: [{A: ["$[[ matrix.${key} ]]"], B: x}]}}]}`;
    const { jobs } = answerTo(own('A'));
    expect(jobs.filter((job) => job.name.startsWith('j')).map((job) => job.needs?.map((need) => need.job))).toEqual([
      ['b: [1, x]'],
      ['b: [2, x]'],
    ]);
    expect(answerTo(own('Z')).errors[0]).toMatchObject({ code: 'matrix_unknown' });
  });

  it('are at most fifty, counted once the names are expanded', () => {
    const many = 'b: {stage: build, script: x, parallel: 51}\nj: {script: x, needs: [b]}';
    expect(answerTo(many).errors).toMatchObject([{ code: 'length', path: 'jobs:j:needs' }]);
    expect(answerTo(many.replace('51', '50')).valid).toBe(true);
  });
});

describe('variables of a job in the answer', () => {
  it('come from the file alone, the stronger over the weaker', () => {
    const text = [
      'variables: {A: root, B: root, C: root, D: root, E: root}',
      'workflow: {rules: [{variables: {B: flow, C: flow, D: flow, E: flow}, when: always}]}',
      'j:',
      '  script: x',
      '  variables: {C: job, D: job, E: job}',
      '  parallel: {matrix: [{D: cell, E: cell}]}',
      '  rules: [{variables: {E: rule}, when: always}]',
    ].join('\n');
    const { jobs } = answerTo(text, { variables: { A: 'project', F: 'project' } });
    expect(JSON.parse(JSON.stringify(jobs[0]?.variables))).toEqual({
      A: 'root',
      B: 'flow',
      C: 'job',
      D: 'cell',
      E: 'rule',
    });
  });

  it('are not expanded, but tags are, one level, unknown names left as they are', () => {
    const { jobs } = answerTo(
      'j: {script: x, variables: {A: $B, B: c}, tags: ["$A", "${B}", "$NO", "x-$CI_COMMIT_BRANCH"]}',
    );
    expect(jobs[0]).toMatchObject({ variables: { A: '$B' }, tags: ['$B', 'c', '$NO', 'x-main'] });
  });
});
