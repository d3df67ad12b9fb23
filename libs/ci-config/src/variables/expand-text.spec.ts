import { expandNested, expandText, usedNames } from './expand-text.js';

const values: Record<string, { value: string; raw: boolean }> = {
  A: { value: 'a', raw: false },
  B: { value: '$A-b', raw: false },
  RAW: { value: '$A', raw: true },
  LOOP: { value: '$POOL', raw: false },
  POOL: { value: '$LOOP', raw: false },
  SELF: { value: 'x$SELF', raw: false },
};
const find = (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined);

describe('putting variables into a text', () => {
  it.each([
    ['$A ${A} %A%', 'a a a'],
    ['$AB|$A_', '|'],
    ['$$A', '$a'],
    ['$1 $ {A}', '$1 $ {A}'],
    ['$B', '$A-b'],
  ])('%j becomes %j, one level', (text, result) => {
    expect(expandText(text, (name) => find(name)?.value, 'empty')).toBe(result);
  });

  it('keeps or empties what is unknown', () => {
    expect(expandText('$NO', () => undefined, 'keep')).toBe('$NO');
    expect(expandText('x${NO}', () => undefined, 'empty')).toBe('x');
  });

  it.each([
    ['$B', 'a-b'],
    ['$RAW', '$A'],
    ['$LOOP', ''],
    ['$SELF', 'x'],
  ])('%j becomes %j, values expanded first', (text, result) => {
    expect(expandNested(text, find, 'empty')).toBe(result);
  });

  it('does not let a text grow without bound', () => {
    const long = { value: '$X'.repeat(1_000), raw: false };
    const big = { value: 'y'.repeat(1_000), raw: false };
    const text = expandNested('$L'.repeat(1_000), (name) => (name === 'L' ? long : big), 'empty');
    expect(text.length).toBeLessThanOrEqual(1_000_000);
  });

  it('names what a text uses', () => {
    expect(usedNames('$A ${B} %C% $$D')).toEqual(['A', 'B', 'C', 'D']);
  });
});
