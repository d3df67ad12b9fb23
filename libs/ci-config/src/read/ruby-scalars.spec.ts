import { resolvePlain, rubyFloat } from './ruby-scalars.js';

const table: [string, string, unknown][] = [
  ['yes', 'boolean', true],
  ['On', 'boolean', true],
  ['OFF', 'boolean', false],
  ['y', 'string', 'y'],
  ['n', 'string', 'n'],
  ['~', 'null', null],
  ['Null', 'null', null],
  ['', 'null', null],
  ['12', 'integer', 12],
  ['+12', 'integer', 12],
  ['-7', 'integer', -7],
  ['0777', 'integer', 511],
  ['012345', 'integer', 5349],
  ['08', 'string', '08'],
  ['0o17', 'string', '0o17'],
  ['0x1F', 'integer', 31],
  ['0b11', 'integer', 3],
  ['1_000', 'integer', 1000],
  ['1,000', 'integer', 1000],
  ['1__0', 'string', '1__0'],
  ['1:30', 'integer', 5400],
  ['00:30', 'integer', 1800],
  ['12:30:45', 'integer', 45045],
  ['1:90', 'string', '1:90'],
  ['1.0', 'float', 1],
  ['.5', 'float', 0.5],
  ['685_230.15', 'float', 685230.15],
  ['1.5e+3', 'float', 1500],
  ['1e3', 'string', '1e3'],
  ['1.5e3', 'string', '1.5e3'],
  ['.inf', 'float', Infinity],
  ['.', 'string', '.'],
  ['-', 'string', '-'],
  ['1.2.3', 'string', '1.2.3'],
  ['24-alpine', 'string', '24-alpine'],
  [':word', 'string', 'word'],
  ['::', 'string', ':'],
  ['1 2', 'string', '1 2'],
  ['2024-02-30', 'string', '2024-02-30'],
  ['__proto__', 'string', '__proto__'],
];

describe('a plain scalar', () => {
  it.each(table)('%j is a %s', (source, type, value) => {
    expect(resolvePlain(source)).toMatchObject({ type, value });
  });

  it('that is a date or a time is refused by class', () => {
    expect(resolvePlain('2024-01-01')).toBe('Date');
    expect(resolvePlain('2024-01-01 10:00:00')).toBe('Time');
    expect(resolvePlain('2024-01-01T10:00:00Z')).toBe('Time');
  });

  it('keeps every digit of a long number as text', () => {
    expect(resolvePlain('123456789012345678901')).toMatchObject({ text: '123456789012345678901' });
  });

  it.each([
    [1, '1.0'],
    [1000, '1000.0'],
    [0.1, '0.1'],
    [1e16, '1.0e+16'],
    [1.5e-5, '1.5e-05'],
    [1e15, '1000000000000000.0'],
  ])('%d prints as Ruby prints it', (value, text) => {
    expect(rubyFloat(value)).toBe(text);
  });
});
