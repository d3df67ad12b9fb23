import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadDependency } from './artifact-download.js';
import { uploadArtifact } from './artifact-upload.js';
import { type CacheContext, keepCache, restoreCache } from './job-cache.js';
import { getSources } from './get-sources.js';
import type { JobEnvironment, JobPlaces } from './job-environment.js';
import type { JobLog } from './job-log.js';
import type { JobArtifact, JobPayload, JobStep } from './job-payload.js';
import type { JobEnd } from './job-report.js';
import { stepScript } from './job-script.js';
import { type ProcessEnd, runProcess } from './run-process.js';
import type { RunnerClient } from './runner-client.js';

const AFTER_SCRIPT_MS_MAX = 5 * 60_000;

/** What can end a job before its script does: `hard` ends everything, `graceful` the script alone. */
export interface JobSignals {
  hard: AbortSignal;
  graceful: AbortSignal;
}

/** Ends the job with this reason; thrown by a stage, caught by `run`. */
class StageFailed extends Error {
  constructor(
    readonly failureReason: string,
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Runs the stages of one job in the order of the protocol: sources, caches, dependencies, steps,
 * after_script, caches, artifacts. It says what happened; telling the server is the report's business.
 */
export class JobRun {
  constructor(
    private readonly job: JobPayload,
    private readonly places: JobPlaces,
    private readonly environment: JobEnvironment,
    private readonly log: JobLog,
    private readonly client: RunnerClient,
    private readonly signals: JobSignals,
    private readonly graceMs: number,
  ) {}

  async run(): Promise<JobEnd> {
    let end = await this.attempt(() => this.beforeAndScript());
    if (this.signals.hard.aborted) return end;
    await this.afterScript(end);
    await this.keepCaches(end);
    const uploaded = await this.attempt(() => this.upload(end));
    if (end.state === 'success') end = uploaded;
    await this.cleanUp();
    this.log.writeLine(end.state === 'success' ? 'Job succeeded' : `ERROR: Job failed (${end.failureReason})`);
    return end;
  }

  /** Removes file variables, scripts and archives; harmless when repeated. */
  async cleanUp(): Promise<void> {
    await rm(this.places.tempDir, { recursive: true, force: true });
  }

  private async attempt(stages: () => Promise<void>): Promise<JobEnd> {
    try {
      await stages();
      return { state: 'success' };
    } catch (error) {
      if (error instanceof StageFailed) {
        this.log.writeLine(`ERROR: ${error.message}`);
        return { state: 'failed', failureReason: error.failureReason, exitCode: error.exitCode };
      }
      this.log.writeLine(`ERROR: ${error instanceof Error ? error.message : 'the runner broke'}`);
      return { state: 'failed', failureReason: 'runner_system_failure', exitCode: 0 };
    }
  }

  private async beforeAndScript(): Promise<void> {
    const stop = AbortSignal.any([this.signals.hard, this.signals.graceful]);
    if (this.job.image?.name) this.log.writeLine('NOTICE: image: is ignored, this runner runs steps with bash');
    await this.section('get_sources', () => this.sources(stop));
    await this.restoreCaches();
    const dependencies = (this.job.dependencies ?? []).filter((dependency) => dependency.artifacts_file?.filename);
    if (dependencies.length > 0) await this.section('download_artifacts', () => this.dependencies(dependencies, stop));
    for (const step of this.job.steps) {
      if (step.name === 'after_script' || step.script.length === 0) continue;
      await this.section(`step_${step.name.toLowerCase()}`, async () => {
        this.expect(await this.step(step, stop, 'running'), 'script_failure', `step ${step.name}`);
      });
    }
  }

  private async sources(stop: AbortSignal): Promise<void> {
    const wanted = this.environment.env['GIT_STRATEGY'];
    const strategy = wanted || (this.job.allow_git_fetch === false ? 'clone' : 'fetch');
    const dir = this.places.projectDir;
    await mkdir(this.places.tempDir, { recursive: true, mode: 0o700 });
    await this.hook('pre_get_sources_script', stop);
    this.log.writeLine(`Checking out ${this.job.git_info.sha.slice(0, 8)} as detached HEAD`);
    const end = await getSources(this.job, dir, strategy, (args, env) => this.git(args, env, stop));
    this.expect(end, 'script_failure', 'git');
  }

  private async hook(name: string, stop: AbortSignal): Promise<void> {
    const hook = (this.job.hooks ?? []).find((one) => one.name === name && one.script.length > 0);
    if (!hook) return;
    await mkdir(this.places.projectDir, { recursive: true });
    this.expect(await this.step(hook, stop, 'running'), 'script_failure', name);
  }

  private async restoreCaches(): Promise<void> {
    const caches = this.job.cache ?? [];
    if (caches.length === 0) return;
    await this.section('restore_cache', async () => {
      for (const cache of caches) await restoreCache(cache, this.caching());
    });
  }

  private async keepCaches(end: JobEnd): Promise<void> {
    const caches = this.job.cache ?? [];
    if (caches.length === 0) return;
    await this.section('archive_cache', async () => {
      for (const cache of caches) await keepCache(cache, end.state === 'success', this.caching());
    }).catch((error: unknown) => this.log.writeLine(`WARNING: a cache could not be kept: ${String(error)}`));
  }

  private caching(): CacheContext {
    return {
      dir: this.places.projectDir,
      cacheDir: this.places.cacheDir,
      tempDir: this.places.tempDir,
      expand: (text) => this.environment.expand(text),
      untracked: () => this.untracked(),
      say: (line) => this.log.writeLine(line),
    };
  }

  private git(args: string[], env: Record<string, string>, signal: AbortSignal): Promise<ProcessEnd> {
    return runProcess('git', args, {
      cwd: this.places.projectDir,
      env: { ...this.environment.env, ...env },
      onOutput: (stream, bytes) => this.log.writeBytes(stream, bytes),
      signal,
      graceMs: this.graceMs,
    });
  }

  private async dependencies(dependencies: NonNullable<JobPayload['dependencies']>, stop: AbortSignal): Promise<void> {
    const { projectDir: dir, tempDir } = this.places;
    const say = (line: string) => this.log.writeLine(line);
    for (const dependency of dependencies) {
      const got = await downloadDependency(dependency, { client: this.client, dir, tempDir, say, signal: stop });
      if (!got) throw new StageFailed('script_failure', 1, `the artifacts of ${dependency.name} could not be had`);
    }
  }

  private async step(step: JobStep, signal: AbortSignal, status: string): Promise<ProcessEnd> {
    const file = join(this.places.tempDir, `step_${step.name.replace(/\W/g, '_')}.sh`);
    await writeFile(file, stepScript(step.script, this.places.projectDir), { mode: 0o700 });
    return runProcess('bash', [file], {
      cwd: this.places.projectDir,
      env: { ...this.environment.env, CI_JOB_STATUS: status },
      onOutput: (stream, bytes) => this.log.writeBytes(stream, bytes),
      signal,
      graceMs: this.graceMs,
    });
  }

  private async afterScript(end: JobEnd): Promise<void> {
    const step = this.job.steps.find(({ name, script }) => name === 'after_script' && script.length > 0);
    if (!step) return;
    const status = this.signals.graceful.aborted ? 'canceled' : end.state;
    const stop = AbortSignal.any([this.signals.hard, AbortSignal.timeout(AFTER_SCRIPT_MS_MAX)]);
    await this.section('step_after_script', async () => {
      const { code } = await this.step(step, stop, status);
      if (code !== 0) this.log.writeLine(`WARNING: after_script ended with exit code ${code}, which changes nothing`);
    }).catch((error: unknown) => this.log.writeLine(`WARNING: after_script could not run: ${String(error)}`));
  }

  private async upload(end: JobEnd): Promise<void> {
    const wanted = (this.job.artifacts ?? []).filter((artifact) => isWanted(artifact, end));
    if (wanted.length === 0) return;
    await this.section(`upload_artifacts_on_${end.state === 'success' ? 'success' : 'failure'}`, async () => {
      for (const artifact of wanted) {
        const uploaded = await uploadArtifact(artifact, {
          client: this.client,
          job: this.job,
          dir: this.places.projectDir,
          expand: (text) => this.environment.expand(text),
          untracked: () => this.untracked(),
          say: (line) => this.log.writeLine(line),
          signal: this.signals.hard,
        });
        if (!uploaded) throw new StageFailed('script_failure', 1, 'the artifacts could not be uploaded');
      }
    });
  }

  private async untracked(): Promise<string[]> {
    const output: Buffer[] = [];
    await runProcess('git', ['ls-files', '--others', '-z'], {
      cwd: this.places.projectDir,
      env: this.environment.env,
      onOutput: (stream, bytes) => void (stream === 'out' && output.push(bytes)),
      signal: this.signals.hard,
      graceMs: this.graceMs,
    });
    return Buffer.concat(output).toString().split('\0').filter(Boolean);
  }

  private expect(end: ProcessEnd, failureReason: string, what: string): void {
    if (end.stopped) throw new StageFailed('job_canceled', 0, `${what} was stopped`);
    if (end.code !== 0) throw new StageFailed(failureReason, end.code, `${what} ended with exit code ${end.code}`);
  }

  private async section(name: string, stage: () => Promise<void>): Promise<void> {
    const mark = (edge: string) => {
      if (!this.job.features?.trace_sections) return;
      const seconds = Math.floor(Date.now() / 1000);
      this.log.writeText(`section_${edge}:${seconds}:${name}\r\u001b[0K${edge === 'end' ? '\n' : ''}`);
    };
    mark('start');
    this.log.writeLine(name);
    try {
      await stage();
    } finally {
      mark('end');
    }
  }
}

function isWanted(artifact: JobArtifact, end: JobEnd): boolean {
  if ((artifact.paths ?? []).length === 0 && !artifact.untracked) return false;
  const when = artifact.when || 'on_success';
  return when === 'always' || when === (end.state === 'success' ? 'on_success' : 'on_failure');
}
