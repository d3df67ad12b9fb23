import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capturedIo } from '../testing/captured-io.js';
import { runLint } from './lint-command.js';

const root = mkdtempSync(join(tmpdir(), 'crosstie-lint-'));
afterAll(() => rmSync(root, { recursive: true }));

function checkout(name: string, files: Record<string, string>): string {
  const folder = join(root, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function lint(...argv: string[]) {
  const { io, written } = capturedIo();
  return { status: await runLint(argv, io), ...written };
}

describe('crosstie lint', () => {
  it('says that a file is valid, and what a push makes of it', async () => {
    const folder = checkout('good', { 'gitlab/.gitlab-ci.yml': 'build: {script: make}\n' });
    expect(await lint(folder)).toEqual({
      status: 0,
      out: 'gitlab/.gitlab-ci.yml is valid. A push to main makes 1 job in 1 stage.\n',
      err: '',
    });
  });

  it('shows each mistake with its line, a caret under it, and what to write instead', async () => {
    const folder = checkout('bad', {
      'gitlab/.gitlab-ci.yml': 'include: /ci/test.yml\nbuild:\n  script: make\n  when: somtimes\n',
      'ci/test.yml': 'test:\n\tscript: x\n',
      'ci/other.yml': '',
    });
    writeFileSync(join(folder, 'ci/test.yml'), 'test:\n  scripts: [make, test]\n');
    const { status, out } = await lint(folder);
    expect(status).toBe(1);
    expect(out).toContain(
      'ci/test.yml:2:3: error: jobs:test config contains unknown keys: scripts (did you mean `script`?). [unknown_key]\n  2 |   scripts: [make, test]\n    |   ^\n',
    );
    expect(out).toMatch(
      /\.gitlab-ci\.yml:4:9: error: jobs:build:when should be one of: .*\n {2}4 \|   when: somtimes\n {4}\| {9}\^\n/,
    );
    expect(out).toMatch(/is invalid: \d errors\.\n$/);
  });

  it('warns of what is valid and surely not meant, with status 0', async () => {
    const folder = checkout('odd', {
      'gitlab/.gitlab-ci.yml':
        'workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\na: {script: x, rules: [{if: $A =~ "x"}, {if: $CI}]}\n',
    });
    const { status, out } = await lint(folder);
    expect(status).toBe(0);
    expect(out).toContain('warning: jobs:a:rules compares by `=~` with the plain text `x`');
    expect(out).toContain('is valid, 2 warnings.');
  });

  it('takes a file by its name, wherever it lies', async () => {
    const folder = checkout('named', { 'ci/pipeline.yml': 'a: {script: 1}\n' });
    execFileSync('git', ['init', '--quiet', folder]);
    const { status, out } = await lint(join(folder, 'ci/pipeline.yml'));
    expect(status).toBe(1);
    expect(out).toContain('ci/pipeline.yml:1:13: error: jobs:a:script');
  });

  it('knows the branch and the changed files from git', async () => {
    const folder = checkout('branch', {
      'gitlab/.gitlab-ci.yml': 'docs: {script: x, rules: [{if: $CI_COMMIT_BRANCH == "topic", changes: ["docs/*"]}]}\n',
    });
    const git = (...parameters: string[]) =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b.c', ...parameters], {
        stdio: 'pipe',
      });
    execFileSync('git', ['init', '--quiet', '--initial-branch=main', folder]);
    git('add', '.');
    git('commit', '--quiet', '-m', 'one');
    git('checkout', '--quiet', '-b', 'topic');
    expect((await lint(folder)).out).toContain('A push to topic makes no pipeline');
    checkout('branch', { 'docs/a.md': 'x' });
    git('add', '.');
    git('commit', '--quiet', '-m', 'two');
    expect((await lint(folder)).out).toContain('A push to topic makes 1 job');
  });

  it('answers in JSON', async () => {
    const folder = checkout('json', { 'gitlab/.gitlab-ci.yml': 'a: {scripts: x}\n' });
    const { status, out } = await lint(folder, '--json');
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ valid: false, errors: [{ code: 'no_script' }, { code: 'unknown_key' }] });
  });

  it('ends with 2 for what is not there, and for parameters it does not know', async () => {
    expect(await lint(join(root, 'nowhere'))).toMatchObject({ status: 2, out: '' });
    expect((await lint('--nothing')).err).toContain('usage: crosstie lint');
  });

  it('lets no control character of a file reach the terminal', async () => {
    const folder = checkout('hostile', { 'gitlab/.gitlab-ci.yml': 'a: {script: x, "w\\e[31m": 1, "\u202eb": 2}\n' });
    const { out } = await lint(folder);
    // oxlint-disable-next-line no-control-regex -- that is what must not be there
    expect(out).not.toMatch(/[\u0000-\u0009\u001b\u202e]/);
  });
});
