import { describe, expect, it } from '@jest/globals';

import { parseDotenv } from './dotenv.js';

const read = (text: string) => Object.fromEntries(parseDotenv(Buffer.from(text)).map(({ key, value }) => [key, value]));

describe('a dotenv report', () => {
  it('is read line by line, and nothing in it is changed', () => {
    expect(read('A=1\n B = two words \nC="quoted"\nD=a=b\nE=\nF=$A\nA=last')).toEqual({
      A: 'last',
      B: 'two words',
      C: '"quoted"',
      D: 'a=b',
      E: '',
      F: '$A',
    });
    expect(read('')).toEqual({});
    expect(read('A=1\r\nB=2\r\n')).toEqual({ A: '1', B: '2' });
  });

  it.each([
    ['a blank line', 'A=1\n\nB=2'],
    ['a comment', '# this\nA=1'],
    ['no equals sign', 'A'],
    ['a key with a dash', 'A-B=1'],
    ['no key', '=1'],
    ['a NUL', 'A=\0'],
    ['more than 5 KiB', `A=${'x'.repeat(5 * 1_024)}`],
    ['more than 20 variables', Array.from({ length: 21 }, (_, n) => `A${n}=1`).join('\n')],
  ])('with %s is refused', (_, text) => {
    expect(() => read(text)).toThrow('The dotenv report');
  });

  it('that is not UTF-8 is refused', () => {
    expect(() => parseDotenv(Buffer.from([0x41, 0x3d, 0xff]))).toThrow('not UTF-8');
  });

  it('at its limits is taken', () => {
    expect(parseDotenv(Buffer.from(`A=${'x'.repeat(5 * 1_024 - 2)}`))).toHaveLength(1);
    expect(parseDotenv(Buffer.from(Array.from({ length: 20 }, (_, n) => `A${n}=1`).join('\n')))).toHaveLength(20);
  });
});
