import { holds } from './evaluate.js';
import { parseExpression } from './expression.js';

/** The reference's truth table of `rules:if`, row by row; `null` stands for an invalid expression. */
type Row = [expression: string, values: Record<string, string>, outcome: boolean | null];

const table: Row[] = [
  ['$A', {}, false],
  ['$A', { A: '' }, false],
  ['$A', { A: '  ' }, false],
  ['$A', { A: '0' }, true],
  ['$A', { A: 'false' }, true],
  ['$A == null', {}, true],
  ['$A == null', { A: '' }, false],
  ['$A == ""', {}, false],
  ['$A == ""', { A: '' }, true],
  ['$A != ""', {}, true],
  ['$A != null', {}, false],
  ['$A == $B', {}, true],
  ['$A == $B', { A: '' }, false],
  ['$A && $B == "x"', { A: '', B: 'x' }, true],
  ['$A || $B == "x"', { A: '', B: 'x' }, false],
  ['$A || $B == "x"', { B: 'x' }, true],
  ['$A && $B', { A: 'x', B: '' }, false],
  ['$A =~ /^$/', {}, true],
  ['$A !~ /ab/', {}, true],
  ['$A =~ /ab/', { A: 'xaby' }, true],
  ['$A =~ /./', { A: 'x' }, null],
  ['$A =~ /a/', { A: 'a' }, null],
  ['$A =~ $P', { P: '/./', A: 'x' }, true],
  ['$A =~ /AB/i', { A: 'ab' }, true],
  ['$A =~ /ab/g', {}, null],
  ['$A =~ /feat\\/x/', { A: 'feat/x' }, true],
  ['$A =~ /feat/x/', {}, null],
  ['$A =~ $P', { P: '/feat/x/', A: 'feat/x' }, true],
  ['$A =~ $P', { P: '/feat\\/x/', A: 'feat/x' }, true],
  ['$A =~ "/^ab/"', { A: 'abc' }, true],
  ['$A =~ "ab"', { A: 'abc' }, false],
  ['$A =~ "abc"', { A: 'ab' }, true],
  ['"23" =~ "1234"', {}, true],
  ['$A =~ $P', { P: 'abc' }, true],
  ['$A =~ $P', { A: 'a' }, false],
  ['$A !~ $P', { A: 'a' }, true],
  ['$A =~ ""', { A: 'ab' }, false],
  ['$A =~ ""', { A: '' }, true],
  ['$A =~ /x$V/', { P: '/x$V/', V: '8', A: 'x8' }, false],
  ['$A =~ $P', { P: '/x$V/', V: '8', A: 'x8' }, false],
  ['$A =~ /(?!x)y/', {}, null],
  ['$A =~ $P', { P: '/(?!x)y/', A: 'x)y' }, true],
  ['$A =~ /^a$/', { A: 'b\na' }, false],
  ['$A =~ /^a$/m', { A: 'b\na' }, true],
  ['$A =~ /a.b/', { A: 'a\nb' }, false],
  ['$A =~ /a.b/s', { A: 'a\nb' }, true],
  ['"$A" == "x"', { A: 'x' }, false],
  ['${A} == "x"', {}, null],
  ['$A == x', {}, null],
  ['$A == 1', {}, null],
  ['$A = "x"', {}, null],
  ['$A-B', {}, null],
  ['$A == "x" # c', {}, null],
  ['!$A', {}, true],
  ['!$A', { A: '' }, true],
  ['!$A', { A: '0' }, false],
  ['!($A == "x")', { A: 'x' }, false],
  ['$A && !$B', { A: 'x' }, true],
  ['!!$A', { A: 'x' }, true],
  ['!$A == "x"', { A: 'x' }, false],
  ['!$A == "x"', {}, false],
  ['$A == true', { A: 'true' }, true],
  ['$A == true', { A: '1' }, false],
  ['$A == true', {}, false],
  ['true', {}, true],
  ['false', {}, false],
  ["$A == 'it''s'", {}, null],
  ['$A == "x" || $B == "y" && $C', { A: 'x' }, true],
  ['$A =~ /\\//', { A: '/' }, true],
];

const grammar: Row[] = [
  ['', {}, null],
  ['()', {}, null],
  ['($A', {}, null],
  ['$A)', {}, null],
  ['$A $B', {}, null],
  ['$A ==', {}, null],
  ['== $A', {}, null],
  ['$A $B ==', {}, null],
  ['$A !', {}, null],
  ['$A == $B == $C', { C: 'true' }, true],
  ['"x" == $A', { A: 'x' }, true],
  ['"false" == !$A', { A: 'x' }, true],
  ['$A == ($B)', { A: 'x', B: 'x' }, true],
  ['$A=="x"&&($B)', { A: 'x', B: 'x' }, true],
  ['/ab/', {}, true],
  ['$A == "x"\n  && $B', { A: 'x', B: 'y' }, true],
  ['$1 == null', {}, true],
  ['nullnull', {}, null],
  ['truex', {}, null],
  ['$A < $B', {}, null],
  ['$A and $B', {}, null],
  ['!"false"', {}, false],
  ['!"0"', {}, false],
  ['$A == null && $B == null', {}, true],
  ['true == "true"', {}, true],
  ['true == null', {}, false],
  [Array.from({ length: 50 }, () => '$A').join(' || '), { A: 'x' }, true],
  [Array.from({ length: 51 }, () => '$A').join(' || '), { A: 'x' }, null],
];

describe('rules:if', () => {
  for (const [expression, values, outcome] of [...table, ...grammar]) {
    const shown = expression.length > 60 ? `${expression.slice(0, 60)}…` : expression;
    it(`reads ${JSON.stringify(shown)} with ${JSON.stringify(values)} as ${String(outcome ?? 'invalid')}`, () => {
      const parsed = parseExpression(expression);
      const result = 'expression' in parsed ? holds(parsed.expression, (name) => values[name]) : null;
      expect(result).toBe(outcome);
    });
  }

  it('answers at once where a backtracking engine would run for years', () => {
    const parsed = parseExpression('$A =~ /^(a+)+$/');
    const text = 'a'.repeat(65_536) + '!';
    const before = process.cpuUsage();
    expect('expression' in parsed && holds(parsed.expression, () => text)).toBe(false);
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});
