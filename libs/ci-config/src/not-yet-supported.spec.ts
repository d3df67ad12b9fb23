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

  it('is a key further in, where only some of them are carried', () => {
    const text = 'a: {script: x, cache: [{key: {files: [a], prefix: b}}, {key: {files_commits: [a]}}]}';
    const cache = [...carried, 'cache', 'cache:key', 'cache:key:files', 'cache:key:prefix'];
    expect(compileForPipeline(input(text), cache).unsupported).toMatchObject([
      { path: 'jobs:a:cache:key:files_commits', line: 1 },
    ]);
    expect(compileForPipeline(input(text), [...carried, 'cache', 'cache:key']).unsupported).toEqual([]);
  });

  it('does not matter in a job that the rules drop', () => {
    const text = 'a: {script: x, retry: 2, rules: [{if: $NO}]}\nb: {script: x}';
    expect(compileForPipeline(input(text), carried).unsupported).toEqual([]);
  });

  it('is include itself where nobody can fetch, and not the file that is missing', () => {
    const { answer, unsupported } = compileForPipeline(input('include: a.yml\nb: {script: x}'), carried);
    expect(unsupported).toMatchObject([{ path: 'include', line: 1, column: 1 }]);
    expect(answer).toMatchObject({
      valid: false,
      created: false,
      errors: [{ code: 'not_yet_supported', path: 'include' }],
    });
    expect(compileForPipeline(input('include: a.yml\nb: {script: x}'), [...carried, 'include']).answer).toMatchObject({
      valid: false,
      errors: [{ code: 'include_missing' }],
      wanted: ['a.yml'],
    });
  });

  it('is nothing for a configuration that is invalid anyway', () => {
    const text = 'a: {script: x, retry: 9}';
    expect(notYetSupported(compile(input(text)), input(text), carried)).toEqual([]);
  });
});
