import { PathIndex } from './path-index.js';

describe('a list of paths', () => {
  const index = new PathIndex(['README.md', 'docs/a.md', 'docs/x/b.md', 'src/main.c', 'src/.hidden', 'src/main.c']);

  it.each([
    ['README.md', true],
    ['readme.md', false],
    ['*.md', true],
    ['docs/*.md', true],
    ['docs/*.txt', false],
    ['**/b.md', true],
    ['src/**/*', true],
    ['src/', false],
    ['\\README.md', true],
    ['', false],
  ])('has a path for the glob %j: %s', (glob, found) => {
    expect(index.anyGlob([glob])).toBe(found);
  });

  it.each([
    ['src/', true],
    ['src', false],
    ['sr/', false],
    ['src/main.c', true],
    ['**/.hidden', true],
  ])('has %j as exists asks for it: %s', (pattern, found) => {
    expect(index.anyExists([pattern])).toBe(found);
  });

  it.each([
    ['^docs/.*\\.md$', true],
    ['main', true],
    ['\\Amain', false],
    ['\\.c\\Z', true],
    ['(?i)readme', true],
    ['^(?!docs/)', true],
    ['(?<!a)\\.md$', true],
    ['^(.)\\1', false],
  ])('fits the expression %j: %s', (expression, found) => {
    expect(index.anyRegexp(expression)).toBe(found);
  });

  it('matches everything beyond fifty thousand comparisons, as GitLab does', () => {
    const many = new PathIndex(Array.from({ length: 1_001 }, (_, i) => `f${i}`));
    const globs = Array.from({ length: 50 }, (_, i) => `none${i}`);
    expect(many.anyGlob(globs)).toBe(true);
    expect(many.anyGlob(globs.slice(0, 49))).toBe(false);
    expect(many.anyExists(globs.map((glob) => `${glob}*`))).toBe(true);
    expect(many.anyExists(globs.map((glob) => `**/*.${glob}`))).toBe(false);
    expect(many.anyExists(globs)).toBe(false);
  });

  it('counts for exists the files of folders only when a pattern looks into one', () => {
    const deep = new PathIndex(Array.from({ length: 50_001 }, (_, i) => `src/f${i}`));
    expect(deep.anyExists(['none*'])).toBe(false);
    expect(deep.anyExists(['**/none*'])).toBe(true);
  });

  it.each(['^(a+)+(?!x)$', 'a'.repeat(256), '(?!', '\\k<none'])(
    'says that %j cannot be searched with',
    (expression) => {
      expect(() => new PathIndex([`${'a'.repeat(80)}!`]).anyRegexp(expression)).toThrow('regexp');
    },
  );

  it('of nothing matches nothing', () => {
    expect(new PathIndex([]).anyGlob(['**/*'])).toBe(false);
    expect(index.anyGlob([])).toBe(false);
  });
});
