import { compile, lint } from '../index.js';

function codes(text: string, context = {}): string[] {
  return lint({ files: { 'gitlab/.gitlab-ci.yml': text }, context }).warnings.map((warning) => warning.code);
}

const FLOW = 'workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\n';
const withIf = (expression: string, variables = '{A: a, B: b}') =>
  `${FLOW}variables: ${variables}\njob: {script: x, rules: [{if: ${JSON.stringify(expression)}}]}`;

describe('a warning about an expression', () => {
  it.each([
    ['$A == "x"', []],
    ['$A && $B', []],
    ['!$A == "x"', ['not_binds_first']],
    ['!($A == "x")', []],
    ['!$A && $B', []],
    ['"$A" == "x"', ['variable_in_quotes']],
    ['$A == "$B"', ['variable_in_quotes']],
    ['$A =~ "x"', ['plain_pattern']],
    ['$A =~ "/x/"', []],
    ['$A =~ /^a$B/', ['variable_in_pattern']],
    ['$A =~ /^ab$/', []],
    ['$A =~ /a$1/', ['pattern_never_matches']],
    ['$A =~ /a^b/', ['pattern_never_matches']],
    ['$A =~ /a^b/m', []],
    ['$A =~ /a$|b^c/', []],
    ['$A =~ /(^a)+[$^]x?$/', []],
    ['$A =~ /^v\\d+$/', []],
    ['$A =~ /^$/', []],
    ['$A && ""', ['empty_operand']],
    ['$CI_PIPELINE_SOURCE == "external_pull_request_event"', ['never_true']],
    ['$CI_PIPELINE_SOURCE == "merge_request"', ['never_true']],
    ['$CI_PIPELINE_SOURCE == "push"', []],
    ['$CI_MERGE_REQUEST_IID', []],
    ['$C', ['variable_unset']],
  ])('%s: %j', (expression, expected) => {
    expect(codes(withIf(expression))).toEqual(expected);
  });

  it('tells that YAML reads the value as a boolean', () => {
    expect(codes(withIf('$A == "yes"', '{A: yes}'))).toEqual(['yaml_boolean']);
    expect(codes(withIf('$A == "yes"', '{A: "yes"}'))).toEqual([]);
  });

  it('names the variable that was meant, and is silent about those that are given', () => {
    const text = withIf('$DEPLOI', '{DEPLOY: a}');
    const [warning] = lint({ files: { 'gitlab/.gitlab-ci.yml': text } }).warnings;
    expect(warning).toMatchObject({ code: 'variable_unset', path: 'jobs:job:rules', line: 3 });
    expect(warning?.message).toContain('did you mean $DEPLOY?');
    expect(codes(text, { variables: { DEPLOI: '1' } })).toEqual([]);
  });
});

describe('a warning about needs', () => {
  it.each([
    ['gone: {script: x, rules: [{when: never}]}', ['need_never_there']],
    ['gone: {script: x, rules: [{if: "false"}, {if: "$CI && null"}]}', ['need_never_there']],
    ['gone: {script: x, rules: [{if: $CI, when: never}, {if: $GITLAB_CI, when: never}]}', ['need_never_there']],
    ['gone: {script: x, rules: [{when: never}, {when: always}]}', ['need_never_there']],
    ['gone: {script: x, rules: [{if: $CI}]}', []],
  ])('%s: %j', (gone, expected) => {
    const text = `${FLOW}${gone}\njob: {script: x, needs: [gone], rules: [{if: $CI_COMMIT_TAG}]}`;
    expect(codes(text)).toEqual(expected);
  });

  it('is not given for an optional one', () => {
    expect(
      codes(`${FLOW}gone: {script: x, rules: [{when: never}]}\njob: {script: x, needs: [{job: gone, optional: true}]}`),
    ).toEqual([]);
  });
});

describe('a warning about two pipelines for one change', () => {
  const both = 'job: {script: x, rules: [{if: $CI_COMMIT_BRANCH}, {if: $CI_MERGE_REQUEST_IID}]}';

  it('is given when push and merge request both run a job', () => {
    expect(codes(both)).toEqual(['two_pipelines_for_one_change']);
  });

  it.each([
    'job: {script: x}',
    'job: {script: x, rules: [{if: $CI_MERGE_REQUEST_IID}]}',
    `workflow: {rules: [{if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS, when: never}, {when: always}]}\n${both}`,
  ])('is not given for %s', (text) => {
    expect(codes(text)).toEqual([]);
  });
});

describe('a lint', () => {
  it('adds to the answer of compile and changes nothing else', () => {
    const input = { files: { 'gitlab/.gitlab-ci.yml': withIf('$C') } };
    expect({ ...lint(input), warnings: [] }).toEqual(compile(input));
  });

  it('of what is faulty says what compile says', () => {
    const input = { files: { 'gitlab/.gitlab-ci.yml': 'job: {scripts: x}' } };
    expect(lint(input)).toEqual(compile(input));
  });
});
