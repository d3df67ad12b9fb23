import { compile } from '../index.js';
import { applyFunction } from './functions.js';

/** One job whose script shows what the inputs of a file became. */
function scriptOf(header: string, script: string, inputs: Record<string, unknown> = {}) {
  const text = `spec:\n  inputs: ${header}\n---\njob:\n  script: ${script}\n`;
  const answer = compile({ files: { 'gitlab/.gitlab-ci.yml': text }, context: { inputs, variables: { V: 'value' } } });
  return answer.valid ? answer.jobs[0]?.script : answer.errors.map((error) => error.message);
}

describe('inputs', () => {
  it.each([
    ['a text from a number', '{a: {}}', '"$[[ inputs.a ]]"', { a: 7 }, ['7']],
    ['a text from a boolean default', '{a: {default: true}}', '"$[[ inputs.a ]]"', {}, ['true']],
    ['an empty default', '{a: {default: ""}}', '"x$[[ inputs.a ]]"', {}, ['x']],
    ['a number in a text', '{a: {type: number}}', '"n=$[[inputs.a]]"', { a: 1.5 }, ['n=1.5']],
    ['a number given as text', '{a: {type: number}}', '"n=$[[inputs.a]]"', { a: '12' }, ['n=12']],
    ['a whole list', '{a: {type: array}}', '"$[[ inputs.a ]]"', { a: ['x', 'y'] }, ['x', 'y']],
    [
      'a list spliced into a list',
      '{a: {type: array}}',
      '[first, "$[[ inputs.a ]]", last]',
      { a: ['x', 'y'] },
      ['first', 'x', 'y', 'last'],
    ],
    ['a list in a text', '{a: {type: array}}', '"l=$[[ inputs.a ]]"', { a: ['x'] }, ['l=["x"]']],
    ['several blocks', '{a: {}, b: {}}', '"$[[ inputs.a ]]-$[[ inputs.b ]]"', { a: 'x', b: 'y' }, ['x-y']],
    [
      'a value that looks like a block, which is not read again',
      '{a: {}}',
      '"$[[ inputs.a ]]!"',
      { a: '$[[ inputs.a ]]' },
      ['$[[ inputs.a ]]!'],
    ],
    ['an option', '{a: {options: [x, 1]}}', '"$[[ inputs.a ]]"', { a: '1' }, ['1']],
    ['a pattern', '{a: {regex: "^v\\\\d"}}', '"$[[ inputs.a ]]"', { a: 'v1.2' }, ['v1.2']],
    ['functions in a row', '{a: {}}', '"$[[ inputs.a | expand_vars | truncate(1,3) ]]"', { a: '$V' }, ['alu']],
  ])('take %s', (_name, header, script, inputs, result) => {
    expect(scriptOf(header, script, inputs)).toEqual(result);
  });

  it.each([
    ['{a: {}}', {}, 'required value has not been provided'],
    ['{a: {}}', { a: null }, 'required value has not been provided'],
    ['{a: {type: number}}', { a: 'x' }, 'provided value is not a number'],
    ['{a: {type: boolean, default: 1}}', {}, 'default value is not a boolean'],
    ['{a: {type: array}}', { a: 'x' }, 'provided value is not an array'],
    ['{a: {options: [x]}}', { a: 'y' }, '`y` cannot be used because it is not in the list of allowed options'],
    ['{a: {regex: "^v"}}', { a: 'x' }, 'provided value does not match required RegEx pattern'],
    ['{a: {regex: "(?!x)"}}', { a: 'x' }, 'invalid regular expression'],
    ['{a: {type: text}}', { a: 'x' }, 'unknown input specification for `a`'],
    ['{a: {type: boolean, options: [x]}}', { a: true }, 'options can only be used with'],
    ['{a: {}}', { a: 'x', b: 1, c: 2 }, 'unknown input arguments: b, c'],
    ['{a b: {}}', {}, 'has a name that may only hold'],
    ['{a: {defualt: x}}', {}, 'unknown keys: defualt (did you mean `default`?)'],
  ])('of %s refuse %j', (header, inputs, words) => {
    expect(scriptOf(header, 'x', inputs)).toEqual([expect.stringContaining(words)]);
  });

  it('of a pipeline are at most twenty', () => {
    const names = Array.from({ length: 21 }, (_, i) => `a${i}`);
    const header = `{${names.map((name) => `${name}: {}`).join(', ')}}`;
    const inputs = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(scriptOf(header, 'x', inputs)).toEqual(['A pipeline takes at most 20 inputs, not 21.']);
  });

  it('keep the line of the block in the faults of their values', () => {
    const text = 'spec: {inputs: {when: {}}}\n---\njob:\n  script: x\n  when: $[[ inputs.when ]]\n';
    const { errors } = compile({ files: { 'gitlab/.gitlab-ci.yml': text }, context: { inputs: { when: 'soon' } } });
    expect(errors).toMatchObject([{ code: 'one_of', line: 5, column: 9 }]);
  });
});

describe('a function of a block', () => {
  const find = (name: string) => (name === 'V' ? 'value' : undefined);

  it.each([
    ['expand_vars', '$V ${V} $NO', 'value value $NO'],
    ['truncate(1,2)', 'abcd', 'bc'],
    ['truncate(9,2)', 'abcd', ''],
    ['truncate( 0 , 1 )', 'äb', 'ä'],
    ['posix_escape', "it's $1", "it\\'s\\ \\$1"],
    ["split(',')", 'a, b,,c', ['a', 'b', 'c']],
  ])('%s makes %j into %j', (call, value, result) => {
    expect(applyFunction(call, value, find)).toEqual({ value: result });
  });

  it.each(['shout', 'truncate(1)', 'truncate(-1,2)', "split('')", 'expand_vars()'])('%s is unknown', (call) => {
    expect(applyFunction(call, 'x', find)).toMatchObject({ fault: expect.stringContaining('no function matching') });
  });
});
