import { Report } from '../findings.js';
import type { Node } from '../nodes.js';
import { toPlain } from '../shape/plain-value.js';
import { readFile } from './read-file.js';

function read(text: string) {
  const report = new Report();
  const file = readFile('ci.yml', text, report);
  return { file, plain: file && toPlain(file.content), errors: report.errors, warnings: report.warnings };
}

describe('reading a file', () => {
  it.each([
    ['a byte order mark before the dashes', '\ufeff---\na: 1', { a: 1 }],
    ['CRLF, in blocks of text too', 'a: |\r\n  x\r\n  y\r\nb: 2\r\n', { a: 'x\ny\n', b: 2 }],
    ['a version line', '%YAML 1.2\n---\na: yes', { a: true }],
    ['an unknown tag, which is dropped', 'a: !thing x\nb: !!thing 7', { a: 'x', b: 7 }],
    ['tags for texts', 'a: !!str 7\nb: !!binary aGk=', { a: '7', b: 'hi' }],
    ['quoted texts, which stay texts', `a: "yes"\nb: '1'`, { a: 'yes', b: '1' }],
    [
      'a merge key in the middle: earlier keys lose, later ones win',
      'a: {x: 1, <<: {x: 2, y: 2}, y: 3}',
      { a: { x: 2, y: 3 } },
    ],
    ['a list of merges, whose first wins', 'a: {<<: [{x: 1}, {x: 2, y: 2}]}', { a: { x: 1, y: 2 } }],
    ['two merge keys, the later over the earlier', 'a: {<<: {x: 1, z: 1}, <<: {x: 2}}', { a: { x: 2, z: 1 } }],
    ['a merge key without a hash, which is an ordinary key', 'a: {<<: 7}', { a: { '<<': 7 } }],
    [
      'a merge of an alias to a list, which is an ordinary key',
      'l: &l [{x: 1}]\na: {<<: *l}',
      { l: [{ x: 1 }], a: { '<<': [{ x: 1 }] } },
    ],
    ['an anchor inside a value that is dropped', 'a: {x: &n 1}\na: *n', { a: 1 }],
    ['an anchor defined twice', 'a: &n 1\nb: *n\nc: &n 2\nd: *n', { a: 1, b: 1, c: 2, d: 2 }],
  ])('takes %s', (_name, text, value) => {
    const { plain, errors } = read(text);
    expect(errors).toEqual([]);
    expect(plain).toEqual(value);
  });

  it.each([
    ['a:\n\tb: 1', 'syntax', 2, 1],
    ['a: "x', 'syntax', 1, 6],
    ['a: \u0000', 'syntax', 1, 4],
    ['[a]', 'not_a_hash', 1, 1],
  ])('refuses %j as %s in line %d', (text, code, line, column) => {
    const { file, errors } = read(text);
    expect(file).toBeNull();
    expect(errors).toMatchObject([{ code, file: 'ci.yml', line, column }]);
  });

  it.each([
    ['a: 2024-01-01', 'yaml_date', 1, 4],
    ['a:\n  b: *nowhere', 'yaml_alias', 2, 6],
    ['a: !!set {x}', 'yaml_tag', 1, 4],
    ['a: !ruby/object:X {}', 'yaml_tag', 1, 4],
    ['a: {? [x] : y}', 'yaml_key', 1, 7],
  ])('reports %j as %s and reads on, to find the other faults too', (text, code, line, column) => {
    const { file, errors } = read(text);
    expect(file).not.toBeNull();
    expect(errors).toMatchObject([{ code, file: 'ci.yml', line, column }]);
  });

  it('keeps the place of every value, counted in the whole file', () => {
    const { file } = read('spec: {inputs: {}}\n---\na:\n  b: "x"\n');
    const value = file?.content.entries.get('a')?.value as Node & { kind: 'map' };
    const node = value.entries.get('b')?.value;
    expect(node?.source.position(node.offset)).toEqual({ line: 4, column: 6 });
  });

  it('takes a quoted text or a flow collection that goes on at the first column, and keeps its places', () => {
    const { plain, file, errors } = read('a:\n  b:\n    c: "one\ntwo"\n    d: [x,\ny, z: 1]\n    e: last\n');
    expect(errors).toEqual([]);
    expect(plain).toEqual({ a: { b: { c: 'one two', d: ['x', 'y', { z: 1 }], e: 'last' } } });
    const at = (node: Node | undefined, key: string) =>
      node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
    const inner = at(at(file?.content, 'a'), 'b');
    const list = at(inner, 'd');
    const second = list?.kind === 'list' ? list.items[1] : undefined;
    expect(second?.source.position(second.offset)).toEqual({ line: 6, column: 1 });
    expect(at(inner, 'e')?.source.position(at(inner, 'e')?.offset ?? 0)).toEqual({ line: 7, column: 8 });
  });

  it('gives up on thousands of such lines after a bounded total of text', () => {
    const lines = Array.from({ length: 20_000 }, (_, line) => `line ${line}`).join('\n');
    expect(read(`a:\n  script:\n    - "${lines}"\n`).errors).toMatchObject([{ code: 'syntax' }]);
  });

  it('warns about a key that stands twice, at the one that counts', () => {
    expect(read('a: 1\nb: 2\na: 3').warnings).toMatchObject([
      { code: 'duplicate_key', line: 3, column: 1, message: expect.stringContaining('line 1') },
    ]);
  });

  it('warns about characters that reorder the text on the screen', () => {
    expect(read('a: "\u202Ex"').warnings).toMatchObject([{ code: 'hidden_character', line: 1, column: 5 }]);
  });

  it('takes the header only where a second document follows it', () => {
    expect(read('spec: {inputs: {}}\n---\na: 1').file?.header).not.toBeNull();
    expect(read('spec: {inputs: {}}\n---\n# nothing\n').file?.header).toBeNull();
    expect(read('a: 1\n---\nb: 2').file?.header).toBeNull();
  });

  it('cuts documents at dashes in the text, even inside a block of text', () => {
    expect(read('a: |\n  x\n--- \nb: 2').plain).toEqual({ a: 'x\n' });
    expect(read('a: |\n  x\n---b\n').errors).toMatchObject([{ code: 'syntax' }]);
  });
});
