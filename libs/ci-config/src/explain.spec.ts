import { compile } from './index.js';

describe('an explanation', () => {
  const { explain } = compile({
    explain: true,
    files: {
      'gitlab/.gitlab-ci.yml':
        'include: base.yml\nbuild:\n  extends: .base\n  rules:\n    - if: $CI_COMMIT_TAG\n    - if: $A == "x" || !$B\ngone:\n  script: x\n  rules:\n    - if: $A\n',
      'base.yml': 'default:\n  image: node\n.base:\n  script: make\n',
    },
    context: { variables: { B: '1' } },
  });

  it('tells the rules that were tried, with the value of each part', () => {
    expect(explain).toMatchObject({
      jobs: {
        build: {
          kept: false,
          by: 'rules',
          rule: null,
          rules: [
            {
              index: 0,
              line: 5,
              matched: false,
              if: '$CI_COMMIT_TAG',
              parts: [{ text: '$CI_COMMIT_TAG', value: null }],
            },
            {
              index: 1,
              line: 6,
              matched: false,
              parts: [
                { text: '$A == "x" || !$B', value: false },
                { text: '$A == "x"', value: false },
                { text: '$A', value: null },
                { text: '!$B', value: false },
                { text: '$B', value: '1' },
              ],
            },
          ],
        },
        gone: { kept: false },
      },
    });
  });

  it('tells the place that set each field, through extends, include and default', () => {
    expect(explain).toMatchObject({
      jobs: {
        build: {
          fields: {
            script: { file: 'base.yml', line: 4 },
            image: { file: 'base.yml', line: 2 },
            rules: { file: 'gitlab/.gitlab-ci.yml', line: 5 },
          },
        },
      },
    });
  });

  it('tells whether the paths of a rule were there', () => {
    const text = 'a: {script: x, rules: [{if: $A, changes: [x], exists: [gitlab/*.yml]}]}';
    const answer = compile({
      explain: true,
      files: { 'gitlab/.gitlab-ci.yml': text },
      context: { changed_paths: ['y'], variables: { A: '1' } },
    });
    const parts = [
      { text: '$A', value: '1' },
      { text: 'changes', value: false },
      { text: 'exists', value: true },
    ];
    expect(answer.explain).toMatchObject({ jobs: { a: { rules: [{ matched: false, parts }] } } });
  });

  it('is left out when nobody asks', () => {
    expect(compile({ files: { 'gitlab/.gitlab-ci.yml': 'a: {script: x}' } })).not.toHaveProperty('explain');
  });
});
