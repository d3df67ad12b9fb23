import { createHash } from 'node:crypto';
import { compile, compileForPipeline, type CompileInput } from '../index.js';

const main = (text: string, more: Partial<CompileInput> = {}): CompileInput => ({
  ...more,
  files: { ...more.files, 'gitlab/.gitlab-ci.yml': text },
});
const names = (input: CompileInput) => compile(input).jobs.map((job) => job.name);
const wanted = (input: CompileInput) => compile(input).wanted;

describe('what a compile asks for', () => {
  it.each([
    ['include: a.yml', ['a.yml']],
    ['include: /ci/a.yml', ['ci/a.yml']],
    ['include: {project: Group/Lib, file: /a.yml}', ['project:group/lib@HEAD:a.yml']],
    ['include: {project: g/l, file: [a.yml, b.yml], ref: v1}', ['project:g/l@v1:a.yml', 'project:g/l@v1:b.yml']],
    ['include: https://e.x/a.yml', ['remote:https://e.x/a.yml']],
    ['include: {template: Go.gitlab-ci.yml}', ['template:Go.gitlab-ci.yml']],
    ['include: {component: e.x/g/l/c@1.2}', ['component:e.x/g/l/c@1.2']],
    ['include: {local: a.yml, rules: [{if: $NEVER}]}', []],
  ])('%s', (include, keys) => {
    expect(wanted(main(`${include}\njob: {script: x}`))).toEqual(keys);
  });

  it('goes on with each answer, until it has everything', () => {
    const tree: Record<string, string> = {
      'a.yml': 'include: [b.yml, c.yml]',
      'b.yml': 'b: {script: x}',
      'c.yml': 'c: {script: x}',
    };
    let input = main('include: a.yml');
    const rounds: string[][] = [];
    for (let keys = wanted(input); keys.length > 0; keys = wanted(input)) {
      rounds.push(keys);
      input = { ...input, files: { ...input.files, ...Object.fromEntries(keys.map((key) => [key, tree[key] ?? ''])) } };
    }
    expect(rounds).toEqual([['a.yml'], ['b.yml', 'c.yml']]);
    expect(names(input)).toEqual(['b', 'c']);
  });

  it('is the main file itself when it is missing', () => {
    expect(compile({})).toMatchObject({
      valid: false,
      wanted: ['gitlab/.gitlab-ci.yml'],
      errors: [{ code: 'no_file' }],
    });
    expect(compile({ config_path: 'ci.yml' }).wanted).toEqual(['ci.yml']);
  });

  it('names files that a wildcard finds in the tree', () => {
    const input = main('include: "ci/*.yml"', {
      context: { paths: ['ci/b.yml', 'ci/a.yml', 'ci/x/c.yml', 'ci/d.txt'] },
    });
    expect(wanted(input)).toEqual(['ci/a.yml', 'ci/b.yml']);
  });
});

describe('an included file', () => {
  it('of another repository means that one with its own local includes', () => {
    const other = {
      'project:g/l@v1:a.yml': 'include: /b.yml\na: {script: x}',
      'project:g/l@v1:b.yml': 'b: {script: x}',
    };
    expect(names(main('include: {project: g/l, file: a.yml, ref: v1}', { other }))).toEqual(['b', 'a']);
  });

  it('from anywhere else can include no local file and sees no variables', () => {
    const other = { 'remote:https://e.x/a.yml': 'include: [b.yml]' };
    expect(compile(main('include: https://e.x/a.yml\nj: {script: x}', { other })).errors).toMatchObject([
      { code: 'include', file: 'https://e.x/a.yml', message: expect.stringContaining('by a remote file') },
    ]);
  });

  it('is told of when it is remote and nothing holds it to its text', () => {
    const other = { 'remote:https://e.x/a.yml': '.a: {script: x}', 'remote:https://e.x/b.yml': '.b: {script: x}' };
    const digest = createHash('sha256').update(other['remote:https://e.x/b.yml']).digest('base64');
    const text = `include: [https://e.x/a.yml, {remote: "https://e.x/b.yml", integrity: "sha256-${digest}"}]\nj: {script: x}`;
    expect(compileForPipeline(main(text, { other }), []).unpinned).toEqual(['remote:https://e.x/a.yml']);
  });

  it('is checked against its digest', () => {
    const body = 'a: {script: x}';
    const digest = createHash('sha256').update(body).digest('base64');
    const input = (integrity: string) =>
      main(`include: {remote: "https://e.x/a.yml", integrity: "${integrity}"}`, {
        other: { 'remote:https://e.x/a.yml': body },
      });
    expect(names(input(`sha256-${digest}`))).toEqual(['a']);
    const wrong = createHash('sha256').update('else').digest('base64');
    expect(compile(input(`sha256-${wrong}`)).errors).toMatchObject([
      { message: expect.stringContaining('failed integrity check') },
    ]);
    expect(compile(input(`sha512-${digest}`)).errors).toHaveLength(1);
  });

  it('lies under the including file and under later includes', () => {
    const files = { 'a.yml': 'variables: {X: a, Y: a, Z: a}', 'b.yml': 'variables: {Y: b, Z: b}' };
    const { variables } = compile(main('include: [a.yml, b.yml]\nvariables: {Z: main}\nj: {script: x}', { files }));
    expect(JSON.parse(JSON.stringify(variables))).toEqual({ X: 'a', Y: 'b', Z: 'main' });
  });

  it('keeps its anchors to itself', () => {
    const files = { 'a.yml': '.a: &anchor {script: x}' };
    expect(compile(main('include: a.yml\nj: *anchor', { files })).errors).toMatchObject([
      { code: 'yaml_alias', line: 2 },
    ]);
  });

  it('gets only its own inputs', () => {
    const files = {
      'a.yml': 'spec: {inputs: {x: {}}}\n---\ninclude: b.yml\na: {script: "$[[ inputs.x ]]"}',
      'b.yml': 'spec: {inputs: {x: {default: own}}}\n---\nb: {script: "$[[ inputs.x ]]"}',
    };
    const { jobs } = compile(main('include: {local: a.yml, inputs: {x: given}}', { files }));
    expect(jobs.map((job) => job.script)).toEqual([['own'], ['given']]);
  });

  it('that is a component speaks of the commit and version that its address meant', () => {
    const text =
      'spec: {component: [name, sha, version, reference]}\n---\nc: {script: ["$[[ component.name ]] $[[ component.version ]] $[[ component.sha ]] $[[ component.reference ]]"]}';
    const key = 'component:e.x/g/l/scan@~latest';
    const input = main('include: {component: e.x/g/l/scan@~latest}', { other: { [key]: text } });
    const components = { [key]: { sha: 'a1b2', version: '1.4.0' } };
    expect(compile({ ...input, components }).jobs[0]?.script).toEqual(['scan 1.4.0 a1b2 ~latest']);
  });

  it('counts every time that it is included, up to 150', () => {
    const list = (count: number) => `include: [${Array<string>(count).fill('a.yml').join(', ')}]\nj: {script: x}`;
    const files = { 'a.yml': 'a: {script: x}' };
    expect(compile(main(list(150), { files })).valid).toBe(true);
    expect(compile(main(list(151), { files })).errors).toMatchObject([{ code: 'include_limit' }]);
  });

  it('is not asked for when there are too many', () => {
    const names = Array.from({ length: 151 }, (_, n) => `f${n}.yml`);
    const { wanted: keys, errors } = compile(main(`include: [${names.join(', ')}]\nj: {script: x}`));
    expect({ keys, codes: errors.map(({ code }) => code) }).toEqual({ keys: [], codes: ['include_limit'] });
  });
});
