import { Report, plain, quote } from './findings.js';
import { nearest } from './nearest.js';
import { Source } from './nodes.js';

describe('a report', () => {
  const source = new Source('ci.yml', 'a: 1\nbb: 2\n');

  it('gives line and column counted from 1, in the order of the text', () => {
    const report = new Report();
    report.error('x', 'second', 'bb', { source, offset: 9 });
    report.error('x', 'first', 'a', { source, offset: 0 });
    expect(report.errors).toEqual([
      { code: 'x', message: 'first', path: 'a', file: 'ci.yml', line: 1, column: 1 },
      { code: 'x', message: 'second', path: 'bb', file: 'ci.yml', line: 2, column: 5 },
    ]);
  });

  it('tells the same thing once', () => {
    const report = new Report();
    for (let i = 0; i < 3; i++) report.error('x', 'same', 'a', { source, offset: 0 });
    expect(report.errors).toHaveLength(1);
  });

  it('ends after fifty with how many more there are', () => {
    const report = new Report();
    for (let i = 0; i < 60; i++) report.warn('x', `warning ${i}`);
    expect(report.warnings).toHaveLength(51);
    expect(report.warnings.at(-1)).toEqual({ code: 'more_findings', message: 'and 10 more' });
  });

  it('cuts long messages, and user text in them before', () => {
    const report = new Report();
    report.error('x', 'y'.repeat(1_000), 'z'.repeat(1_000));
    expect(report.errors[0]?.message).toHaveLength(300);
    expect(report.errors[0]?.path).toHaveLength(100);
    expect(quote('q'.repeat(1_000))).toHaveLength(102);
  });

  it('shows no control characters of others', () => {
    expect(plain('a\u001b[31m\u202Eb')).toBe('a\ufffd[31m\ufffdb');
  });
});

describe('the nearest known word', () => {
  const known = ['script', 'before_script', 'artifacts', 'if', 'image', 'services'];

  it.each([
    ['scirpt', 'script'],
    ['Script', 'script'],
    ['artefact', 'artifacts'],
    ['beforescript', 'before_script'],
    ['service', 'services'],
    ['iff', 'if'],
  ])('to %s is %s', (written, word) => {
    expect(nearest(written, known)).toBe(word);
  });

  it.each(['deploy', 'x', ''])('to %j is none', (written) => {
    expect(nearest(written, known)).toBeUndefined();
  });
});
