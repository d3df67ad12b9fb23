import { compileGlob } from './globs.js';

const rows: [glob: string, matches: string[], not: string[]][] = [
  ['*.md', ['README.md', '.md'], ['docs/a.md']],
  ['**/*.md', ['README.md', 'docs/x/a.md'], ['a.txt']],
  ['docs/*', ['docs/a'], ['docs/x/a', 'docs']],
  ['docs/**/*', ['docs/a', 'docs/x/a', 'docs/.x'], ['docs']],
  ['docs/**', ['docs/a'], ['docs/x/a']],
  ['docs', ['docs'], ['docs/a']],
  ['docs/', [], ['docs/a', 'docs']],
  ['**', ['a'], ['a/b']],
  ['**.md', ['a.md'], ['x/a.md']],
  ['*.{rb,{py,sh}}', ['a.rb', 'a.py', 'a.sh'], ['a.c', 'a.{rb']],
  ['[ab].c', ['a.c', 'b.c'], ['c.c']],
  ['[!a]', ['b'], ['a', '/']],
  ['[^a]', ['b'], ['a']],
  ['[a-c]x', ['bx'], ['dx']],
  ['a?b', ['axb'], ['a/b', 'ab']],
  ['\\*.md', ['*.md'], ['a.md']],
  ['**/.gitlab-ci.yml', ['.gitlab-ci.yml', 'a/b/.gitlab-ci.yml'], []],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a/xb']],
  ['*a*b*c', ['xaxbxc', 'abc'], ['acb']],
  ['{a', ['{a'], ['a']],
  ['A.md', ['A.md'], ['a.md']],
  ['./a', ['./a'], ['a']],
];

describe('a glob', () => {
  it.each(rows)('%s', (pattern, matches, not) => {
    const glob = compileGlob(pattern);
    for (const path of matches) expect([path, glob.matches(path)]).toEqual([path, true]);
    for (const path of not) expect([path, glob.matches(path)]).toEqual([path, false]);
  });

  it('of many stars or braces is decided at once', () => {
    const before = process.cpuUsage();
    expect(compileGlob(`${'*a'.repeat(200)}b`).matches('a'.repeat(3_000))).toBe(false);
    expect(compileGlob('{a,b}'.repeat(40)).matches('a'.repeat(40))).toBe(false);
    expect(compileGlob('{'.repeat(5_000)).matches('a')).toBe(false);
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });
});
