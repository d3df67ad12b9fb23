import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Api } from '../api.js';
import { followPipeline, type JobView, type PipelineView } from '../pipelines.js';
import { type Running, start } from '../processes.js';
import { type Stage, type StageOptions, startStage } from '../stage.js';
import { until } from '../until.js';
import { makeWorld, repository } from '../world.js';
import { type Call, type RecordingProxy, startRecordingProxy } from './recording-proxy.js';

const run = promisify(execFile);
const ciPath = 'gitlab/.gitlab-ci.yml';

/** A real gitlab-runner: its own directory, configuration and system id. */
export interface HouseRunner {
  readonly running: Running;
  readonly directory: string;
  /** Runs a command of gitlab-runner with this one's configuration. */
  command(...parameters: string[]): Promise<string>;
  config(): Promise<string>;
  log(): string;
  kill(signal: NodeJS.Signals): void;
}

/** A whole house where dana pushes, and real gitlab-runners behind a proxy that remembers what they say. */
export class RunnerHouse {
  private readonly runners: HouseRunner[] = [];

  private constructor(
    readonly stage: Stage,
    readonly proxy: RecordingProxy,
    readonly dana: Api,
    readonly admin: Api,
    private readonly program: string,
    private readonly directory: string,
  ) {}

  static async build(program: string, options: StageOptions = {}): Promise<RunnerHouse> {
    const stage = await startStage(options);
    await makeWorld(stage.github);
    await stage.setUp('kim', 'acme');
    await stage.project(repository);
    await stage.signIn('dana');
    const directory = await mkdtemp(join(tmpdir(), 'crosstie-gitlab-runner-'));
    const proxy = await startRecordingProxy(stage.url);
    const people = [await stage.api('dana'), await stage.api('kim')] as const;
    return new RunnerHouse(stage, proxy, ...people, program, directory);
  }

  /** Registers as people do, with a token made for it, and runs. */
  async runner(name: string, options: { tags?: string[]; token?: string; concurrent?: number } = {}) {
    const token = options.token ?? (await this.stage.runnerToken(options.tags ?? []));
    const directory = join(this.directory, name);
    for (const folder of ['builds', 'cache']) await mkdir(join(directory, folder), { recursive: true });
    const config = join(directory, 'config.toml');
    // A host of its own: the system id would be made from the machine's.
    await writeFile(join(directory, '.runner_system_id'), `r_${randomBytes(6).toString('hex')}`);
    const command = async (...parameters: string[]): Promise<string> => {
      const [verb = '', ...rest] = parameters;
      const { stdout, stderr } = await run(this.program, [verb, '--config', config, ...rest], { cwd: directory });
      return stdout + stderr;
    };
    const where = ['--url', this.proxy.url, '--token', token, '--name', name];
    const how = ['--executor', 'shell', '--shell', 'bash', '--request-concurrency', String(options.concurrent ?? 4)];
    const folders = ['--builds-dir', join(directory, 'builds'), '--cache-dir', join(directory, 'cache')];
    await command('register', '--non-interactive', ...where, ...how, ...folders);
    // What is global in the file has no option of its own.
    const registered = await readFile(config, 'utf8');
    const wanted = registered
      .replace(/^concurrent = .*$/m, `concurrent = ${options.concurrent ?? 4}`)
      .replace(/^check_interval = .*$/m, 'check_interval = 1');
    await writeFile(config, wanted, { mode: 0o600 });
    const parameters = ['--log-level', 'debug', 'run', '--config', config, '--working-directory', directory];
    const running = start(this.program, parameters, {}, join(directory, 'runner.log'));
    const made: HouseRunner = {
      running,
      directory,
      command,
      config: () => readFile(config, 'utf8'),
      log: () => running.output(),
      kill: (signal) => void process.kill(running.pid, signal),
    };
    this.runners.push(made);
    return made;
  }

  /** Commits a CI file, and what else, as dana. @returns the commit */
  async push(ci: string, files: Record<string, string> = {}): Promise<string> {
    return (await this.stage.github.push(repository, { pusher: 'dana', files: { [ciPath]: ci, ...files } })).after;
  }

  follow(sha: string, wanted: (pipeline: PipelineView) => boolean): Promise<PipelineView> {
    return followPipeline(this.dana, repository, sha, wanted);
  }

  /** The pipeline once it is over. */
  over(sha: string): Promise<PipelineView> {
    return this.follow(sha, ({ status }) => ['success', 'failed', 'canceled'].includes(status));
  }

  async job(sha: string, name: string, wanted: (job: JobView) => boolean): Promise<JobView & { project_id: number }> {
    const found = await this.follow(sha, ({ jobs }) => jobs.some((job) => job.name === name && wanted(job)));
    const job = found.jobs.find((each) => each.name === name) as JobView;
    return { ...job, project_id: found.project_id };
  }

  async trace(job: { id: number }): Promise<string> {
    const path = `/api/v4/projects/${encodeURIComponent(repository)}/jobs/${job.id}/trace`;
    return String((await this.dana.get(path)).body);
  }

  /** What runners said of a job, in order. */
  callsOf(jobId: number, method?: string): Call[] {
    const path = new RegExp(`^/api/v4/jobs/${jobId}(/|\\?|$)`);
    return this.proxy.calls.filter((call) => path.test(call.path) && (!method || call.method === method));
  }

  /** The first call that fits, once there is one that was answered. */
  call(what: string, fits: (call: Call) => boolean, timeoutMs?: number): Promise<Call> {
    return until(() => this.proxy.calls.find((call) => call.status !== null && fits(call)), what, timeoutMs);
  }

  async tearDown(): Promise<void> {
    await Promise.all(this.runners.map(({ running }) => running.stop()));
    await this.proxy.close();
    await this.stage.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
