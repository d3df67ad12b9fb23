import { compileRubyRegexp } from './ruby-regexp.js';

describe('a Ruby expression', () => {
  it.each([
    ['a(?=b)', 'ab', true],
    ['a(?=b)', 'ac', false],
    ['a(?!b)', 'ac', true],
    ['(?<=a)b', 'ab', true],
    ['(?<!a)b', 'ab', false],
    ['^b$', 'a\nb\nc', true],
    ['\\Ab', 'a\nb', false],
    ['a\\Z', 'a\n', true],
    ['a\\z', 'a\n', false],
    ['a.b', 'a\nb', false],
    ['(?m:a.b)', 'a\nb', true],
    ['(?i)ABC', 'abc', true],
    ['(?i:A)B', 'aB', true],
    ['(?i:A)B', 'ab', false],
    ['a(?i)b|C', 'ac', true],
    ['(?x) a b # c', 'ab# c', false],
    ['(\\w+)-\\1$', 'ab-ab', true],
    ['(?<n>\\w)\\k<n>', 'aa', true],
    ['(?>a|ab)c', 'abc', false],
    ['a++a', 'aaa', false],
    ['^a{2,3}$', 'aa', true],
    ['^a{2}$', 'aaa', false],
    ['a{,2}b', 'aab', true],
    ['a{x}', 'a{x}', true],
    ['^[[:alpha:]_-]+$', 'ab_-', true],
    ['[^a-c]', 'abc', false],
    ['[]a]', ']', true],
    ['\\h\\H', 'fz', true],
    ['\\bcat\\B', 'cats', true],
    ['\\p{Upper}', 'a', false],
    ['\\P{^upper}', 'A', true],
    ['a*?b', 'aab', true],
    ['(a*)*b', 'b', true],
    ['(?#note)a', 'a', true],
    ['a||b', 'zzz', true],
    ['\\/', '/', true],
  ])('%j on %j: %s', (expression, text, matches) => {
    expect(compileRubyRegexp(expression)?.matches(text, { left: 10_000 })).toBe(matches);
  });

  it.each([
    '(',
    ')',
    '[a',
    '*',
    'a{3,2}',
    '\\',
    '(?<n',
    '\\y',
    '[z-a]',
    '(?Pn)',
    '[[:no:]]',
    '\\p{No}',
    'a' + '*'.repeat(100_000),
    '('.repeat(200),
  ])('is none: %j', (expression) => {
    expect(compileRubyRegexp(expression)).toBeNull();
  });
});
