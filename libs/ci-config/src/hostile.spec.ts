import * as fc from 'fast-check';
import { UnusableInput, compile, type CompileInput } from './index.js';

const answerTo = (text: string) => compile({ files: { 'gitlab/.gitlab-ci.yml': text } });
const codes = (text: string) => answerTo(text).errors.map((error) => error.code);

/** Processor time, not time on the wall: other work on the machine must not fail a test. */
function within<T>(ms: number, run: () => T): T {
  const before = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(ms);
  return result;
}

describe('a CI file that means harm', () => {
  it('of 1 MB with a thousand jobs is compiled', () => {
    const filler = `# ${'x'.repeat(900)}\n`;
    const text = Array.from({ length: 1_000 }, (_, i) => `${filler}job-${i}: {script: [echo ${i}]}\n`).join('');
    const answer = within(3_000, () => answerTo(text));
    expect(text.length).toBeGreaterThan(900_000);
    expect(answer).toMatchObject({ valid: true, created: true });
    expect(answer.jobs).toHaveLength(1_000);
  });

  it('of more than 2 MiB is refused for its size', () => {
    expect(within(1_000, () => codes('x'.repeat(2_097_153)))).toEqual(['too_big']);
  });

  it('that is binary is a syntax fault with its place', () => {
    const bytes = Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 37) % 256));
    expect(answerTo(bytes.toString('utf8')).errors).toMatchObject([{ code: 'syntax', line: 1 }]);
  });

  it.each(['', ' \n\t\n'])('that is the empty document %j asks for content', (text) => {
    expect(codes(text)).toEqual(['empty']);
  });

  it.each(['---\n', '# a comment\n', '~', '- a\n', 'text', '42'])('that is no hash (%j) is refused', (text) => {
    expect(codes(text)).toEqual(['not_a_hash']);
  });

  it.each([
    ['brackets', `a: ${'['.repeat(2_000)}${']'.repeat(2_000)}`],
    ['open brackets', `a: ${'['.repeat(100_000)}`],
    ['braces', `${'{a: '.repeat(2_000)}1${'}'.repeat(2_000)}`],
    ['dashes', `a:\n  ${'- '.repeat(2_000)}x`],
    ['indentation', Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('nested 2,000 deep by %s is refused fifty times alike', (_name, text) => {
    const first = answerTo(text);
    expect(first.errors).toMatchObject([{ code: 'too_deep', file: 'gitlab/.gitlab-ci.yml' }]);
    for (let i = 0; i < 50; i++) expect(answerTo(text)).toEqual(first);
  });

  it('nested deeply through aliases is refused', () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `k${i + 1}: &a${i + 1} [*a${i}]`);
    expect(codes(`k0: &a0 [x]\n${lines.join('\n')}`)).toEqual(['too_deep']);
  });

  it('that is an alias bomb is refused at once', () => {
    const levels = Array.from(
      { length: 20 },
      (_, i) => `.l${i + 1}: &l${i + 1} [${Array<string>(9).fill(`*l${i}`).join(', ')}]`,
    );
    expect(within(1_000, () => codes(`.l0: &l0 [x]\n${levels.join('\n')}`))).toEqual(['too_big']);
  });

  it('that bombs by merge keys is refused or compiled in time', () => {
    const wide = Array.from({ length: 2_000 }, (_, i) => `k${i}: ${i}`).join(', ');
    const text = `.w: &w {${wide}}\n${Array.from({ length: 2_000 }, (_, i) => `.m${i}: {<<: *w}`).join('\n')}`;
    expect(within(3_000, () => codes(text))).toEqual(['too_big']);
  });

  it('that bombs by extends is refused in time', () => {
    const wide = Array.from({ length: 500 }, (_, i) => `k${i}: ${i}`).join(', ');
    const jobs = Array.from({ length: 2_000 }, (_, i) => `.m${i}: {extends: [.w, .w], script: x}`).join('\n');
    expect(within(3_000, () => codes(`.w: {variables: {${wide}}}\n${jobs}\nj: {script: x}`))).toEqual(['too_big']);
  });

  it('that bombs by !reference is refused in time', () => {
    const levels = Array.from({ length: 30 }, (_, i) => {
      const ref = `!reference [.r${i}, s]`;
      return `.r${i + 1}: {s: [${Array<string>(6).fill(ref).join(', ')}]}`;
    });
    expect(within(1_000, () => codes(`.r0: {s: [x]}\n${levels.join('\n')}\nj: {script: x}`))).toEqual(['too_big']);
  });

  it('with an alias inside its own anchor is refused', () => {
    expect(codes('a: &a {script: x, variables: *a}')).toEqual(['yaml_alias']);
  });

  it('with a circle in extends names the circle', () => {
    const { errors } = answerTo('a: {extends: b, script: x}\nb: {extends: c, script: x}\nc: {extends: a, script: x}');
    expect(errors).toMatchObject([
      { code: 'extends_circular', line: 3, message: expect.stringContaining('a → b → c → a') },
    ]);
  });

  it('with a chain of 20,000 parents is refused without exhausting the stack', () => {
    const jobs = Array.from({ length: 20_000 }, (_, i) => `.p${i}: {extends: .p${i + 1}}`).join('\n');
    expect(within(3_000, () => codes(`${jobs}\n.p20000: {script: x}\nj: {script: x}`))).toEqual(['too_deep']);
  });

  it('with a chain of 20,000 references is refused without exhausting the stack', () => {
    const jobs = Array.from({ length: 20_000 }, (_, i) => `.p${i}: {s: !reference [.p${i + 1}, s]}`).join('\n');
    expect(within(3_000, () => codes(`${jobs}\n.p20000: {s: x}\nj: {script: x}`))).toEqual(['too_deep']);
  });

  it('with names out of Object.prototype has jobs of these names and harms nothing', () => {
    const answer = answerTo(
      '__proto__: {script: x, variables: {__proto__: polluted}}\nconstructor: {script: y, needs: [toString]}\ntoString: {script: z}',
    );
    expect(answer.errors).toEqual([]);
    expect(answer.jobs.map((job) => job.name)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(JSON.stringify(answer.jobs[0]?.variables)).toBe('{"__proto__":"polluted"}');
    expect(({} as Record<string, unknown>)['script']).toBeUndefined();
    expect(codes('a: {script: x, extends: constructor}')).toEqual(['extends_unknown']);
    expect(codes('a: {script: x, needs: [toString]}')).toEqual(['need_unknown']);
  });

  it('with a catastrophic pattern is decided at once', () => {
    const input: CompileInput = {
      files: { 'gitlab/.gitlab-ci.yml': 'a: {script: x, rules: [{if: "$V =~ /^(a+)+$/"}]}' },
      context: { variables: { V: `${'a'.repeat(65_536)}!` } },
    };
    expect(within(1_000, () => compile(input)).created).toBe(false);
  });

  it.each([
    ['parallel', Array.from({ length: 10_000 }, (_, i) => `j${i}: {script: x, parallel: 200}`).join('\n')],
    [
      'needs of parallel jobs',
      Array.from({ length: 120 }, (_, i) => {
        const needs = Array.from({ length: i }, (_, k) => `j${k}`).join(', ');
        return `j${i}: {script: x, parallel: 200, needs: [${needs}]}`;
      }).join('\n'),
    ],
    [
      'a default for all jobs',
      `default: {before_script: ["${'x'.repeat(500_000)}"]}\n${Array.from({ length: 1_900 }, (_, i) => `j${i}: {script: x}`).join('\n')}`,
    ],
    [
      'variables for all jobs',
      `variables: {${Array.from({ length: 20_000 }, (_, i) => `V${i}: ${i}`).join(', ')}}\n${Array.from({ length: 1_900 }, (_, i) => `j${i}: {script: x, variables: {A: b}}`).join('\n')}`,
    ],
    [
      'rules of parallel jobs',
      `.r: {rules: &r [${'{if: $A, when: never}, '.repeat(5_000)}{when: always}]}\n${Array.from({ length: 40 }, (_, i) => `j${i}: {script: x, parallel: 200, rules: *r}`).join('\n')}`,
    ],
  ])('that multiplies %s is refused in time', (_name, text) => {
    expect(within(6_000, () => codes(text))).toEqual(['too_big']);
  });

  it('with three thousand slips of the pen is answered in time', () => {
    const jobs = Array.from({ length: 3_000 }, (_, i) => `job-${i}: {script: x, needs: [jbo-${i}], stage: tset}`).join(
      '\n',
    );
    const { errors } = within(6_000, () => answerTo(jobs));
    expect(errors).toHaveLength(51);
    expect(errors.at(-1)?.message).toMatch(/and \d+ more/);
  });

  it('with many globs and many paths is decided in time', () => {
    const globs = Array.from({ length: 50 }, (_, i) => `"**/*a*b*c*${i}"`).join(', ');
    const jobs = Array.from({ length: 500 }, (_, i) => `j${i}: {script: x, rules: [{changes: [${globs}]}]}`).join('\n');
    const changed = Array.from({ length: 1_000 }, (_, i) => `${'abc/'.repeat(20)}${i}`);
    const input = { files: { 'gitlab/.gitlab-ci.yml': jobs }, context: { changed_paths: changed } };
    expect(within(6_000, () => compile(input)).valid).toBe(true);
  });

  it('with ten thousand jobs in a chain of needs is refused for its number of jobs', () => {
    const jobs = Array.from({ length: 10_000 }, (_, i) => `j${i}: {script: x, needs: [${i === 0 ? '' : `j${i - 1}`}]}`);
    expect(within(8_000, () => codes(jobs.join('\n')))).toEqual(['too_many_jobs']);
  });
});

describe('three hundred texts in one process', () => {
  it('have the same answers in whatever order and however often they come', () => {
    const open = ['[', '{a: ', '- ', '&a [', '!reference [', '"', '|\n ', 'a:\n ', '<<: ', '* ', '%', '$[[ '];
    const texts = Array.from(
      { length: 300 },
      (_, i) => `j${i}: ${(open[i % open.length] ?? '').repeat((i * 7) % 180)}${i % 3 === 0 ? 'x' : ''}`,
    );
    const first = texts.map((text) => JSON.stringify(answerTo(text)));
    for (let round = 1; round <= 5; round++) {
      const order = texts.map((_, i) => (i * 7 + round * 13) % texts.length);
      for (const at of order) expect(JSON.stringify(answerTo(texts[at] ?? ''))).toBe(first[at]);
    }
  });
});

describe('compile', () => {
  const word = fc.constantFrom(
    'a',
    'b',
    '.c',
    'script',
    'stage',
    'rules',
    'if',
    'needs',
    'extends',
    'variables',
    'default',
    'include',
    'stages',
    'image',
    'services',
    'cache',
    'parallel',
    'matrix',
    'when',
    'manual',
    'null',
    '~',
    'yes',
    '1',
    '1.5',
    '$A',
    '!reference [a, b]',
    '&x',
    '*x',
    '<<',
    '"',
    '/a+/',
    '$A == "b"',
    '{',
    '}',
    '[',
    ']',
    ':',
    '-',
    '\n',
    '\n  ',
    '\n    - ',
    ': ',
    ', ',
    '---\n',
    '|\n',
    '\t',
    '__proto__',
    '2024-01-01',
    '$[[ inputs.a ]]',
    'spec',
    'inputs',
    'local',
    'workflow',
    'only',
    'except',
    'environment',
    'trigger',
  );

  it('never throws on any text and is deterministic', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 40 }).map((words) => words.join('')),
        ),
        (text) => {
          const first = answerTo(text);
          expect(answerTo(text)).toEqual(first);
          expect(first.valid).toBe(first.errors.length === 0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never throws on any tree of known keys and odd values', () => {
    const leaf = fc.oneof(fc.constantFrom(null, true, 0, 1.5, '', 'a', '$A', '1h', 'a b'), fc.string({ maxLength: 8 }));
    const key = fc.constantFrom(
      'a',
      'b',
      '.c',
      'script',
      'stage',
      'rules',
      'if',
      'needs',
      'extends',
      'variables',
      'default',
      'include',
      'stages',
      'image',
      'services',
      'cache',
      'parallel',
      'matrix',
      'when',
      'workflow',
      'only',
      'except',
      'environment',
      'trigger',
      'name',
      'job',
      'artifacts',
      'reports',
      'retry',
      'max',
      'allow_failure',
      'exit_codes',
      'changes',
      'exists',
      'paths',
      'key',
      'files',
      'local',
      'project',
      'file',
      'inputs',
      'tags',
      'timeout',
      'inherit',
      'id_tokens',
      'secrets',
      'pages',
      'release',
      'hooks',
      'run',
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 6 }), (value) => {
        const text = JSON.stringify(value);
        expect(answerTo(text)).toEqual(answerTo(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [null],
    [3],
    ['x'],
    [[]],
    [{ files: 3 }],
    [{ files: { a: 1 } }],
    [{ context: { ref: 7 } }],
    [{ context: { merge_request: 1 } }],
  ])('refuses the unusable input %j', (input) => {
    expect(() => compile(input as unknown as CompileInput)).toThrow(UnusableInput);
  });
});
