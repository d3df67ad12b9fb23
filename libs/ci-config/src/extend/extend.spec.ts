import { Report } from '../findings.js';
import { readFile } from '../read/read-file.js';
import { toPlain } from '../shape/plain-value.js';
import { applyExtends } from './extends.js';
import { mergeMaps } from './merge.js';
import { resolveReferences } from './references.js';

function parse(text: string, report = new Report()) {
  const file = readFile('ci.yml', text, report);
  if (file === null) throw new Error('The text of this test is no YAML hash.');
  return file.content;
}

function extended(text: string) {
  const report = new Report();
  const { map } = applyExtends(parse(text, report), true, report);
  return { value: toPlain(map) as Record<string, Record<string, unknown>>, errors: report.errors };
}

function referenced(text: string) {
  const report = new Report();
  const value = toPlain(resolveReferences(parse(text, report), true, report)) as Record<
    string,
    Record<string, unknown>
  >;
  return { value, errors: report.errors };
}

describe('merging files', () => {
  it.each([
    ['hashes, recursively', 'a: {x: {p: 1}, y: 1}', 'a: {x: {q: 2}}', { a: { x: { p: 1, q: 2 }, y: 1 } }],
    ['lists, which replace', 'a: [1, 2]', 'a: [3]', { a: [3] }],
    ['a hash over a list', 'a: [1]', 'a: {x: 1}', { a: { x: 1 } }],
    ['null over anything', 'a: {x: 1}', 'a: null', { a: null }],
    ['a reference, which is opaque', 'a: {x: 1}', 'a: !reference [b, c]', { a: '!reference ["b", "c"]' }],
  ])('takes %s', (_name, under, over, result) => {
    expect(toPlain(mergeMaps(parse(under), parse(over)))).toEqual(result);
  });

  it('keeps the order of first appearance', () => {
    expect([...mergeMaps(parse('a: 1\nb: 1'), parse('c: 2\na: 2')).entries.keys()]).toEqual(['a', 'b', 'c']);
  });
});

describe('extends', () => {
  it('lets later parents win, and the job over all', () => {
    const { value } = extended('.a: {x: 1, y: 1, z: 1}\n.b: {y: 2, z: 2}\nj: {extends: [.a, .b], z: 3}');
    expect(value['j']).toMatchObject({ x: 1, y: 2, z: 3 });
  });

  it('works whatever the order of definition, and through grandparents', () => {
    expect(extended('j: {extends: .a}\n.a: {extends: .b, x: 1}\n.b: {x: 0, y: 2}').value['j']).toMatchObject({
      x: 1,
      y: 2,
    });
  });

  it('allows eleven levels and no more', () => {
    const chain = (parents: number) =>
      Array.from({ length: parents }, (_, i) => `.p${i}: {${i + 1 < parents ? `extends: .p${i + 1}` : 'x: 1'}}`).join(
        '\n',
      );
    expect(extended(`${chain(10)}\nj: {extends: .p0}`).errors).toEqual([]);
    expect(extended(`${chain(11)}\nj: {extends: .p0}`).errors).toMatchObject([
      { code: 'extends_too_deep', path: 'jobs:j:extends' },
    ]);
  });

  it('takes a parent twice, and a thousand wide nets at the price of their members', () => {
    const levels = Array.from({ length: 25 }, (_, i) => `.l${i + 1}: {extends: [.l${i}, .l${i}, .l${i}]}`).slice(0, 9);
    expect(extended(`.l0: {x: 1}\n${levels.join('\n')}\nj: {extends: [.l9, .l9]}`).value['j']).toMatchObject({ x: 1 });
  });

  it.each([
    ['j: {extends: .no}', 'extends_unknown'],
    ['.a: text\nj: {extends: .a}', 'extends_invalid'],
    ['j: {extends: j}', 'extends_circular'],
    ['j: {extends: {a: b}}', 'type'],
    ['j: {extends: [[a]]}', 'type'],
  ])('refuses %j as %s', (text, code) => {
    expect(extended(text).errors).toMatchObject([{ code, path: 'jobs:j:extends' }]);
  });
});

describe('!reference', () => {
  it('takes a value, a part of a list, and what a reference leads to', () => {
    const { value, errors } = referenced(
      '.a: {s: [1, 2], v: {x: 1}}\n.b: {s: !reference [.a, s]}\nj: {v: !reference [.a, v], s: [!reference [.b, s], 3], one: !reference [.a, v, x]}',
    );
    expect(errors).toEqual([]);
    expect(value['j']).toEqual({ v: { x: 1 }, s: [[1, 2], 3], one: 1 });
  });

  it.each([
    ['j: {s: !reference [a, b]}', 'reference_missing', '!reference ["a", "b"] could not be found'],
    ['a: {b: null}\nj: {s: !reference [a, b]}', 'reference_missing', 'could not be found'],
    ['a: {b: false}\nj: {s: !reference [a, b]}', 'reference_missing', 'could not be found'],
    ['a: {b: [x]}\nj: {s: !reference [a, b, "0"]}', 'reference_missing', 'could not be found'],
    ['j: {s: !reference [j, s]}', 'reference_circular', 'is part of a circular chain'],
    ['j: {s: !reference [j]}', 'reference_circular', 'is part of a circular chain'],
    ['j: {s: !reference []}', 'reference_invalid', 'is not valid'],
    ['j: {s: !reference [a, 1]}', 'reference_invalid', 'is not valid'],
  ])('refuses %j as %s', (text, code, words) => {
    expect(referenced(text).errors).toMatchObject([{ code, message: expect.stringContaining(words) }]);
  });
});
