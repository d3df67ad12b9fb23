import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ZipArchive } from 'archiver';
import yauzl from 'yauzl';
import { type PocketRunner, type PocketRunnerOptions, startPocketRunner } from './pocket-runner.js';
import { startGitHost } from './testing/git-host.js';
import { startScriptedServer } from './testing/scripted-server.js';

const GIT_PASSWORD = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';

describe('the pocket runner', () => {
  let server: Awaited<ReturnType<typeof startScriptedServer>>;
  let git: Awaited<ReturnType<typeof startGitHost>>;
  let runner: PocketRunner | undefined;
  let buildsDir: string;

  beforeAll(async () => {
    git = await startGitHost(GIT_PASSWORD, { 'hello.txt': 'hello\n', 'src/a.txt': 'a' });
  });
  afterAll(() => git.close());
  beforeEach(async () => {
    server = await startScriptedServer();
    buildsDir = mkdtempSync(join(tmpdir(), 'pocket-builds-'));
  });
  afterEach(async () => {
    await runner?.kill();
    runner = undefined;
    await server.close();
    rmSync(buildsDir, { recursive: true, force: true });
  });

  async function start(options: Partial<PocketRunnerOptions> = {}) {
    runner = await startPocketRunner({
      url: server.url,
      token: 'glrt-abcdefghijkl',
      buildsDir,
      pollIntervalMs: 20,
      logIntervalMs: 20,
      graceMs: 500,
      ...options,
    });
    return runner;
  }

  function job(id: number, script: string[], more: Record<string, unknown> = {}) {
    return {
      id,
      token: `glcbt-token-of-${id}`,
      allow_git_fetch: true,
      job_info: { name: `job-${id}`, project_id: 1 },
      git_info: {
        repo_url: git.repoUrl,
        sha: git.sha,
        ref: 'main',
        refspecs: [`+${git.sha}:refs/pipelines/1`, '+refs/heads/main:refs/remotes/origin/main'],
        depth: 1,
      },
      runner_info: { timeout: 60 },
      variables: [] as unknown[],
      steps: [{ name: 'script', script }],
      features: { trace_sections: true, token_mask_prefixes: ['ghs_'], failure_reasons: ['job_canceled'] },
      ...more,
    };
  }

  async function ended(id: number) {
    await server.until(() => server.puts(id).some(({ state }) => state !== 'running'));
    return server.puts(id).at(-1) as Record<string, unknown>;
  }

  it('runs a job on the commit and reports its log with size and checksum', async () => {
    server.give(job(1, ['cat hello.txt', 'git status --short --branch', 'value=kept', 'echo "$value"']));
    await start();
    const end = await ended(1);
    const log = Buffer.from(server.log(1));
    expect(server.puts(1)[0]).toMatchObject({ state: 'running' });
    expect(end).toMatchObject({ state: 'success', output: { bytesize: log.length } });
    expect(end['output']).toMatchObject({ checksum: `crc32:${crc32(log).toString(16).padStart(8, '0')}` });
    expect(log.toString()).toMatch(/hello\n[^]*## HEAD \(no branch\)\n[^]*kept\n/);
    expect(log.toString()).toMatch(/section_start:\d+:step_script\r/);
    await runner?.drain();
    expect(runner?.jobs).toMatchObject([{ id: 1, outcome: { state: 'success' } }]);
  });

  it('says that it acknowledges jobs, and sends back the version of the queue it was told', async () => {
    server.routes.push(({ path }) =>
      path.endsWith('/jobs/request') ? { status: 204, headers: { 'X-GitLab-Last-Update': 'v7' } } : undefined,
    );
    await start();
    const polls = () => server.calls.filter(({ path }) => path.endsWith('/jobs/request'));
    await server.until(() => polls().length >= 2);
    const [first, second] = polls().map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);
    expect(first).toMatchObject({ info: { features: { two_phase_job_commit: true } } });
    expect(first).not.toHaveProperty('last_update');
    expect(second).toMatchObject({ last_update: 'v7', system_id: runner?.systemId });
  });

  it('leaves the token of the repository in no file and on no command line', async () => {
    server.give(job(1, [`! grep -r "${GIT_PASSWORD}" .git`, 'git config remote.origin.url']));
    const seen: string[] = [];
    git.watcher.onRequest = () => void seen.push(commandLines());
    await start();
    expect(await ended(1)).toMatchObject({ state: 'success' });
    expect(seen.join('')).toContain('git remote-http origin http://127.0.0.1');
    expect(seen.join('')).not.toContain(GIT_PASSWORD);
  });

  it('keeps the exit code of the command that failed, and runs nothing after it', async () => {
    server.give(job(1, ['false | true', 'echo unreachable']));
    server.give(job(2, ['echo one; exit 42']));
    await start();
    expect(await ended(1)).toMatchObject({ state: 'failed', failure_reason: 'script_failure', exit_code: 1 });
    expect(await ended(2)).toMatchObject({ state: 'failed', failure_reason: 'script_failure', exit_code: 42 });
    expect(server.log(1)).not.toContain('\nunreachable');
  });

  it('expands variables once, leaves raw ones alone, and turns file variables into files', async () => {
    const variables = [
      { key: 'WHO', value: 'world' },
      { key: 'GREETING', value: 'hello $WHO, $$5' },
      { key: 'RAW', value: '$WHO', raw: true },
      { key: 'KEY_FILE', value: 'inside', file: true },
      { key: 'SECRET', value: 'swordfish', masked: true, raw: true },
    ];
    const script = [
      'echo "$GREETING|$RAW|$(cat $KEY_FILE)"',
      'echo "sword""fish"',
      'test "$(stat -c %a $KEY_FILE)" = 600',
    ];
    server.give(job(1, script, { variables }));
    await start();
    expect(await ended(1)).toMatchObject({ state: 'success' });
    expect(server.log(1)).toContain('hello world, $5|$WHO|inside\n');
    expect(server.log(1)).toContain('\n[MASKED]\n');
    expect(server.log(1)).not.toContain('swordfish');
  });

  it('sends again what a lost answer left open', async () => {
    let lost = 0;
    server.routes.push((call) => {
      if (call.method !== 'PATCH' || lost++ > 0) return undefined;
      server.logs.set('1', call.body);
      return { status: 418 };
    });
    server.give(job(1, ['echo first', 'echo second']));
    await start();
    const end = await ended(1);
    expect(end).toMatchObject({ output: { bytesize: Buffer.byteLength(server.log(1)) } });
    expect(server.log(1).match(/\nsecond\n/g)).toHaveLength(1);
  });

  it('sends the whole log again when the server finds it broken', async () => {
    let refused = 0;
    server.routes.push((call) => {
      if (call.method !== 'PUT' || !call.body.includes('"success"') || refused++ > 0) return undefined;
      server.logs.set('1', Buffer.alloc(0));
      return { status: 412 };
    });
    server.give(job(1, ['echo hello']));
    await start();
    await server.until(() => server.puts(1).filter(({ state }) => state === 'success').length === 2);
    expect(server.log(1)).toContain('\nhello\n');
  });

  it('stops the script on a graceful cancel, runs after_script, and says so', async () => {
    const steps = [
      { name: 'script', script: ['echo begun', 'sleep 60'] },
      { name: 'after_script', script: ['echo "after: $CI_JOB_STATUS"'] },
    ];
    server.routes.push((call) =>
      server.log(1).includes('\nbegun\n') && call.method === 'PUT' && call.body.includes('"running"')
        ? { status: 200, headers: { 'Job-Status': 'canceling' } }
        : undefined,
    );
    server.give(job(1, [], { steps }));
    await start({ keepAliveMs: 1 });
    expect(await ended(1)).toMatchObject({ state: 'failed', failure_reason: 'job_canceled' });
    expect(server.log(1)).toContain('after: canceled\n');
  });

  it('ends everything without a word when the server says the job is over', async () => {
    const mark = join(buildsDir, 'after');
    const steps = [
      { name: 'script', script: ['echo begun', 'sleep 60'] },
      { name: 'after_script', script: [`touch ${mark}`] },
    ];
    server.routes.push((call) =>
      call.method === 'PATCH' && call.body.includes('\nbegun\n') ? { status: 403 } : undefined,
    );
    server.give(job(1, [], { steps }));
    const { jobs } = await start();
    await server.until(() => server.calls.some(({ method, body }) => method === 'PATCH' && body.includes('\nbegun\n')));
    await runner?.drain();
    expect(jobs[0]?.outcome).toBeDefined();
    expect(server.puts(1).map(({ state }) => state)).not.toContain('failed');
    expect(existsSync(mark)).toBe(false);
  });

  it('does not start a job whose acknowledgement is refused', async () => {
    server.routes.push(({ method }) => (method === 'PUT' ? { status: 403 } : undefined));
    server.give(job(1, ['echo hello']));
    const { jobs } = await start();
    await server.until(() => jobs.length === 1);
    await runner?.drain();
    expect(jobs[0]?.outcome).toEqual({ state: 'dropped' });
    expect(server.log(1)).toBe('');
  });

  it('ends a job that runs too long', async () => {
    server.give(job(1, ['sleep 60'], { runner_info: { timeout: 1 } }));
    await start();
    expect(await ended(1)).toMatchObject({ state: 'failed', failure_reason: 'job_execution_timeout' });
  });

  it('uploads artifacts as one streamed zip, and leaves out what is excluded or outside', async () => {
    const artifacts = [
      {
        name: 'out-$WHO',
        paths: ['out/', '../*', 'link'],
        exclude: ['out/*.tmp'],
        artifact_type: 'archive',
        expire_in: '7 days',
      },
    ];
    const script = [
      'mkdir -p out/deep',
      'echo 1 > out/a',
      'echo 2 > out/deep/b',
      'echo 3 > out/c.tmp',
      'ln -s /etc/passwd link',
    ];
    server.give(job(1, script, { artifacts, variables: [{ key: 'WHO', value: 'me' }] }));
    await start();
    expect(await ended(1)).toMatchObject({ state: 'success' });
    const upload = server.calls.find(({ path }) => path.includes('/artifacts'));
    expect(upload?.path).toBe('/api/v4/jobs/1/artifacts?artifact_format=zip&artifact_type=archive&expire_in=7+days');
    expect(upload?.headers).toMatchObject({ 'job-token': 'glcbt-token-of-1', 'transfer-encoding': 'chunked' });
    expect(upload?.headers).not.toHaveProperty('content-length');
    expect(upload?.body.toString('latin1')).toContain('name="file"; filename="out-me.zip"');
    expect(await namesInside(upload?.body as Buffer)).toEqual(['out/a', 'out/deep/b']);
  });

  it('fails the job when its artifacts are refused', async () => {
    server.routes.push(({ path }) => (path.includes('/artifacts') ? { status: 413 } : undefined));
    server.give(job(1, ['echo 1 > a'], { artifacts: [{ paths: ['a'] }] }));
    await start();
    expect(await ended(1)).toMatchObject({ state: 'failed', failure_reason: 'script_failure', exit_code: 1 });
  });

  it('downloads the artifacts of earlier jobs with the token given for them', async () => {
    const archive = await zipOf({ 'out/from-build': 'built' });
    server.routes.push(({ path, headers }) =>
      path === '/api/v4/jobs/9/artifacts?direct_download=true' && headers['job-token'] === 'glcbt-dep'
        ? { status: 200, body: archive }
        : undefined,
    );
    const dependencies = [{ id: 9, name: 'build', token: 'glcbt-dep', artifacts_file: { filename: 'a.zip', size: 1 } }];
    server.give(job(1, ['cat out/from-build'], { dependencies }));
    await start();
    expect(await ended(1)).toMatchObject({ state: 'success' });
    expect(server.log(1)).toContain('built');
  });

  it('refuses an archive whose names lead outside', async () => {
    const archive = await zipOf({ 'aa/escaped': 'x' });
    const hostile = Buffer.from(archive.toString('latin1').replaceAll('aa/escaped', '../escaped'), 'latin1');
    server.routes.push(({ path }) => (path.includes('/jobs/9/') ? { status: 200, body: hostile } : undefined));
    const dependencies = [{ id: 9, name: 'build', token: 'glcbt-dep', artifacts_file: { filename: 'a.zip' } }];
    server.give(job(1, ['true'], { dependencies }));
    await start();
    expect(await ended(1)).toMatchObject({ state: 'failed' });
    expect(server.log(1)).toContain('the archive was refused');
  });

  it('pauses after three refusals in a row', async () => {
    server.routes.push(({ path }) => (path.endsWith('/jobs/request') ? { status: 403 } : undefined));
    const said: string[] = [];
    const paused = new Promise<void>((resolve) => {
      void start({ say: (line) => (said.push(line), resolve()) });
    });
    await paused;
    expect(server.calls.filter(({ path }) => path.endsWith('/jobs/request'))).toHaveLength(3);
    await runner?.stop();
    expect(said).toEqual(['Refused three times in a row: this runner pauses.']);
  });

  it('reports running jobs as interrupted when it is stopped', async () => {
    server.give(job(1, ['echo begun', 'sleep 60']));
    await start();
    await server.until(() => server.log(1).includes('\nbegun\n'));
    await runner?.stop();
    expect(server.puts(1).at(-1)).toMatchObject({ state: 'failed', failure_reason: 'unknown_failure' });
  });

  it('runs several jobs of one project at once, each in a directory of its own', async () => {
    const meet = [
      'touch $CI_BUILDS_DIR/at-$CI_CONCURRENT_ID',
      'until [ -f $CI_BUILDS_DIR/at-0 -a -f $CI_BUILDS_DIR/at-1 ]; do sleep 0.05; done',
      'pwd',
    ];
    server.give(job(1, meet));
    server.give(job(2, meet));
    await start({ concurrent: 2 });
    expect(await Promise.all([ended(1), ended(2)])).toMatchObject([{ state: 'success' }, { state: 'success' }]);
    expect(server.log(1)).toContain(`${buildsDir}/abcdefghi/0/acme/widget\n`);
    expect(server.log(2)).toContain(`${buildsDir}/abcdefghi/1/acme/widget\n`);
  });

  it('does not begin when the server does not know its token', async () => {
    server.routes.push(({ path }) => (path.endsWith('/verify') ? { status: 403 } : undefined));
    await expect(start()).rejects.toThrow('does not know this runner token');
  });
});

function commandLines(): string {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
}

async function zipOf(files: Record<string, string>): Promise<Buffer> {
  const archive = new ZipArchive();
  for (const [name, text] of Object.entries(files)) archive.append(text, { name });
  void archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

async function namesInside(multipart: Buffer): Promise<string[]> {
  const start = multipart.indexOf('\r\n\r\n') + 4;
  const zip = await yauzl.fromBufferPromise(multipart.subarray(start, multipart.lastIndexOf('\r\n--')));
  const names: string[] = [];
  for await (const entry of zip.eachEntry()) names.push(entry.fileName);
  return names;
}
