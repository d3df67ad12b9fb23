import { compile, compileForPipeline, notYetSupported, type CompileInput } from './index.js';

const carried = [
  'script',
  'image',
  'image:name',
  'rules',
  'rules:if',
  'rules:when',
  'when=on_success',
  'needs',
  'variables',
];
const input = (text: string): CompileInput => ({ files: { 'gitlab/.gitlab-ci.yml': text } });

describe('what a pipeline cannot carry yet', () => {
  it('is named with its key and the line where it stands', () => {
    const text =
      'a:\n  script: x\n  retry: 2\n  image: {name: i, entrypoint: [""]}\nb:\n  script: x\n  rules:\n    - when: manual\n';
    const { answer, unsupported } = compileForPipeline(input(text), carried);
    expect(answer.valid).toBe(true);
    expect(unsupported).toMatchObject([
      { code: 'not_yet_supported', path: 'jobs:a:retry', line: 3, column: 3, file: 'gitlab/.gitlab-ci.yml' },
      { code: 'not_yet_supported', path: 'jobs:a:image:entrypoint', line: 4 },
      { code: 'not_yet_supported', path: 'jobs:b:when', line: 8, message: expect.stringContaining('`when=manual`') },
    ]);
    expect(notYetSupported(answer, input(text), carried)).toEqual(unsupported);
  });

  it('is found in a default too, at its own place', () => {
    const { unsupported } = compileForPipeline(input('default:\n  cache: {paths: [a]}\na: {script: x}\n'), [
      ...carried,
      'default',
    ]);
    expect(unsupported).toMatchObject([
      { path: 'jobs:a:cache', line: 2 },
      { path: 'jobs:a:cache:paths', line: 2 },
    ]);
  });

  it('does not matter in a job that the rules drop', () => {
    const text = 'a: {script: x, retry: 2, rules: [{if: $NO}]}\nb: {script: x}';
    expect(compileForPipeline(input(text), carried).unsupported).toEqual([]);
  });

  it('is nothing for a configuration that is invalid anyway', () => {
    const text = 'a: {script: x, retry: 9}';
    expect(notYetSupported(compile(input(text)), input(text), carried)).toEqual([]);
  });
});
