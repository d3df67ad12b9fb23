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
    ['(?!x)', false],
  ])('fits the expression %j: %s', (expression, found) => {
    expect(index.anyRegexp(expression)).toBe(found);
  });

  it('matches everything beyond fifty thousand comparisons, as GitLab does', () => {
    const many = new PathIndex(Array.from({ length: 1_001 }, (_, i) => `f${i}`));
    const globs = Array.from({ length: 50 }, (_, i) => `none${i}`);
    expect(many.anyGlob(globs)).toBe(true);
    expect(many.anyGlob(globs.slice(0, 49))).toBe(false);
    expect(many.anyExists(globs)).toBe(true);
  });

  it('of nothing matches nothing', () => {
    expect(new PathIndex([]).anyGlob(['**/*'])).toBe(false);
    expect(index.anyGlob([])).toBe(false);
  });
});
