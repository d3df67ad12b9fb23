import { coverageSearch } from './coverage.js';

const found = (pattern: string, ...lines: string[]) => {
  const search = coverageSearch(pattern);
  for (const line of lines) search?.line(line);
  return search?.percent;
};

describe('the coverage that a log tells', () => {
  it.each([
    ['the number in the match', 'TOTAL.*\\d+%', ['TOTAL 120 14 88%'], 120],
    ['the group where there is one', 'TOTAL.* (\\d+\\.?\\d*)%', ['TOTAL 120 14 88.5%'], 88.5],
    ['the last of two groups', '(\\w+) (\\d+)%', ['lines 71%'], 71],
    ['the last line that matches', 'Lines: (\\d+)%', ['Lines: 10%', 'other', 'Lines: 20%', 'end'], 20],
    ['the last match of a line', '(\\d+)%', ['10% of 20%'], 20],
    ['no match at all', 'Lines: (\\d+)%', ['nothing'], null],
    ['a match without a number', 'Lines: (\\w+)', ['Lines: none'], null],
  ])('%s', (_, pattern, lines, expected) => {
    expect(found(pattern, ...lines)).toBe(expected);
  });

  it('is not looked for with a pattern that is not RE2', () => {
    expect(coverageSearch('(?=x)')).toBeNull();
  });

  it('takes no longer with a pattern that would stall other engines', () => {
    expect(found('(a+)+$', `${'a'.repeat(20_000)}!`)).toBeNull();
  });
});
