import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { runCompile } from './compile-command.js';

function io(lines: string) {
  const written = { out: '', err: '' };
  const sink = (key: 'out' | 'err') =>
    new Writable({
      highWaterMark: 16,
      write(chunk, _encoding, done) {
        written[key] += String(chunk);
        setImmediate(done);
      },
    });
  return { io: { stdin: Readable.from([lines]) as PassThrough, stdout: sink('out'), stderr: sink('err') }, written };
}

const good = (id: string) => JSON.stringify({ id, files: { 'gitlab/.gitlab-ci.yml': 'build: {script: make}' } });

describe('crosstie compile --stdin', () => {
  it('answers one line for each line, in order, also for invalid and hostile configurations', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => {
      const text = i % 7 === 3 ? 'build: {scripts: x}' : i === 11 ? `a: ${'['.repeat(2000)}` : 'build: {script: make}';
      return JSON.stringify({ id: `n${i}`, files: { 'gitlab/.gitlab-ci.yml': text } });
    });
    const run = io(`${lines.join('\n')}\n`);

    expect(await runCompile(['--stdin'], run.io)).toBe(0);

    const answers = run.written.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map((answer) => answer.id)).toEqual(Array.from({ length: 20 }, (_, i) => `n${i}`));
    expect(answers.filter((answer) => !answer.valid).map((answer) => answer.id)).toEqual(['n3', 'n10', 'n11', 'n17']);
  });

  it('names the line that is unusable, serves the others and ends with 2', async () => {
    const run = io(`${good('a')}\n\nnot json\n[1]\n{"files": 3}\n${good('b')}`);

    expect(await runCompile(['--stdin'], run.io)).toBe(2);

    expect(
      run.written.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(['a', 'b']);
    expect(run.written.err).toMatch(/line 3: This is not JSON.*\n.*line 4: .*JSON object.*\n.*line 5: `files`/);
  });

  it('takes a line in pieces, with line separators inside and characters cut in two', async () => {
    const text = `# \u2028 ä\nbuild: {script: "ü\u2029"}`;
    const bytes = Buffer.from(`${JSON.stringify({ id: 'ö', files: { 'gitlab/.gitlab-ci.yml': text } })}\r\n`);
    const pieces = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    const run = io('');

    expect(await runCompile(['--stdin'], { ...run.io, stdin: Readable.from(pieces) })).toBe(0);

    expect(JSON.parse(run.written.out)).toMatchObject({ id: 'ö', jobs: [{ script: ['ü\u2029'] }] });
  });

  it('explains itself when it is called wrongly', async () => {
    const run = io('');
    expect(await runCompile(['--nothing'], run.io)).toBe(2);
    expect(run.written.err).toContain('usage: crosstie compile --stdin');
  });
});

describe('crosstie compile DIR', () => {
  const root = mkdtempSync(join(tmpdir(), 'crosstie-compile-'));
  const outside = mkdtempSync(join(tmpdir(), 'crosstie-outside-'));
  afterAll(() => {
    rmSync(root, { recursive: true });
    rmSync(outside, { recursive: true });
  });

  it('reads the checkout, and takes the context from a file', async () => {
    mkdirSync(join(root, 'gitlab'));
    writeFileSync(join(root, 'Dockerfile'), '');
    writeFileSync(
      join(root, 'gitlab/.gitlab-ci.yml'),
      'build: {script: make, rules: [{if: $CI_COMMIT_BRANCH == "dev", exists: [Dockerfile]}]}',
    );
    writeFileSync(join(root, 'context.json'), '{"ref": "dev"}');
    const run = io('');

    expect(await runCompile([root, '--context', join(root, 'context.json')], run.io)).toBe(0);

    expect(JSON.parse(run.written.out)).toMatchObject({ valid: true, created: true, jobs: [{ name: 'build' }] });
  });

  it('has the bundled templates at hand, and no others', async () => {
    const file = join(root, 'templates.yml');
    writeFileSync(file, 'include: [{template: Go.gitlab-ci.yml}]');
    const found = io('');
    expect(await runCompile([root, '--config', 'templates.yml'], found.io)).toBe(0);
    expect(JSON.parse(found.written.out)).toMatchObject({ valid: true, wanted: [] });

    writeFileSync(file, 'include: [{template: Security/SAST.gitlab-ci.yml}]');
    const absent = io('');
    expect(await runCompile([root, '--config', 'templates.yml'], absent.io)).toBe(0);
    expect(JSON.parse(absent.written.out)).toMatchObject({
      valid: false,
      wanted: ['template:Security/SAST.gitlab-ci.yml'],
    });
  });

  it('follows no link out of the checkout', async () => {
    writeFileSync(join(outside, 'secret.yml'), 'leak: {script: cat}');
    symlinkSync(join(outside, 'secret.yml'), join(root, 'linked.yml'));
    const run = io('');

    expect(await runCompile([root, '--config', 'linked.yml'], run.io)).toBe(0);

    expect(JSON.parse(run.written.out)).toMatchObject({ valid: false, errors: [{ code: 'no_file' }] });
    expect(run.written.out).not.toContain('leak');
  });

  it('reads no file that an include names outside the checkout', async () => {
    const climb = join(root, 'climb');
    mkdirSync(join(climb, 'gitlab'), { recursive: true });
    writeFileSync(
      join(climb, 'gitlab/.gitlab-ci.yml'),
      `include: ["/../linked.yml", "/../../${outside}/secret.yml", "${outside}/secret.yml"]`,
    );
    writeFileSync(join(root, 'linked-real.yml'), 'leak: {script: x}');
    const run = io('');

    expect(await runCompile([climb], run.io)).toBe(0);

    const answer = JSON.parse(run.written.out);
    expect(answer.errors.map((error: { code: string }) => error.code)).toEqual(Array(3).fill('include_missing'));
    expect(run.written.out).not.toContain('leak');
  });

  it('counts as files what git knows or would add, and nothing that is ignored', async () => {
    const clone = join(root, 'clone');
    mkdirSync(join(clone, 'gitlab'), { recursive: true });
    execFileSync('git', ['init', '--quiet', clone]);
    writeFileSync(join(clone, '.gitignore'), 'built\n');
    writeFileSync(join(clone, 'built'), '');
    writeFileSync(join(clone, 'fresh'), '');
    const rules = (file: string) => `{script: x, rules: [{exists: [${file}]}]}`;
    writeFileSync(join(clone, 'gitlab/.gitlab-ci.yml'), `ignored: ${rules('built')}\nfresh: ${rules('fresh')}\n`);
    const run = io('');

    expect(await runCompile([clone], run.io)).toBe(0);

    expect(JSON.parse(run.written.out)).toMatchObject({ created: true, jobs: [{ name: 'fresh' }] });
  });

  it('ends with 2 for a directory that is not there', async () => {
    expect(await runCompile([join(root, 'nowhere')], io('').io)).toBe(2);
  });
});
