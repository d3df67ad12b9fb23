import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type JobPayload, readJobPayload } from './job-payload.js';
import { type JobOutcome, runJob } from './run-job.js';
import { type Fetch, RunnerClient } from './runner-client.js';
import { runnerInfo, shortTokenOf } from './runner-info.js';

export interface PocketRunnerOptions {
  url: string;
  token: string;
  buildsDir: string;
  /** How many jobs at a time; 1 when absent. */
  concurrent?: number;
  /** Stop after so many jobs; without end when absent. */
  jobsMax?: number;
  /** Least time between two requests that brought nothing; 1 s when absent. */
  pollIntervalMs?: number;
  /** Fixes the rhythm of the log, whatever the server advises. */
  logIntervalMs?: number;
  /** A job with nothing to say says so this often; 30 s when absent. */
  keepAliveMs?: number;
  /** Between SIGTERM and SIGKILL of a stopped script; 10 s when absent. */
  graceMs?: number;
  /** How long to stay away after three refusals; one hour when absent. */
  unhealthyPauseMs?: number;
  fetch?: Fetch;
  say?(line: string): void;
}

/** One job that this runner took. */
export interface PocketJob {
  id: number;
  name: string;
  /** Absent while it runs. */
  outcome?: JobOutcome;
}

export interface PocketRunner {
  /** Every job taken so far, oldest first. */
  readonly jobs: readonly PocketJob[];
  readonly systemId: string;
  /** Takes no more jobs, ends the running ones as interrupted, and waits until the server knows. */
  stop(): Promise<void>;
  /** Takes no more jobs and waits for the running ones. */
  drain(): Promise<void>;
  /** Ends at once without a word to the server, as a killed runner would. */
  kill(): Promise<void>;
  /** Settles when the runner has ended: by `stop`, `drain`, `kill` or `jobsMax`. */
  readonly ended: Promise<void>;
}

const UNHEALTHY_MAX = 3;

/**
 * Verifies the token and begins to ask for jobs.
 *
 * @throws Error when the server does not know the token or cannot be reached
 */
export async function startPocketRunner(options: PocketRunnerOptions): Promise<PocketRunner> {
  const runner = new PollingRunner(options);
  await runner.verify();
  runner.start();
  return runner;
}

/**
 * polling → (stop, drain, kill or jobsMax) → ended. Three refusals in a row put polling to sleep.
 */
class PollingRunner implements PocketRunner {
  readonly jobs: PocketJob[] = [];
  readonly systemId = `r_${randomBytes(6).toString('hex')}`;
  ended: Promise<void> = Promise.resolve();
  private readonly client: RunnerClient;
  private readonly info = runnerInfo();
  private readonly polling = new AbortController();
  private readonly interrupt = new AbortController();
  private readonly vanish = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private readonly usedNumbers = new Map<number, Set<number>>();
  private lastUpdate: string | undefined;

  constructor(private readonly options: PocketRunnerOptions) {
    this.client = new RunnerClient(options.url, options.fetch ?? fetch);
  }

  async verify(): Promise<void> {
    const response = await this.client.runnerCall('POST', 'runners/verify', this.body());
    if (!response) throw new Error(`${this.options.url} could not be reached`);
    await response.body?.cancel();
    if (response.status === 403) throw new Error('The server does not know this runner token.');
    if (response.status !== 200) throw new Error(`The server answered ${response.status} to runners/verify.`);
  }

  start(): void {
    this.ended = this.poll();
  }

  async stop(): Promise<void> {
    this.polling.abort();
    this.interrupt.abort();
    await this.ended;
  }

  async drain(): Promise<void> {
    this.polling.abort();
    await this.ended;
  }

  async kill(): Promise<void> {
    this.vanish.abort();
    this.polling.abort();
    await this.ended;
  }

  private async poll(): Promise<void> {
    let refusals = 0;
    while (!this.polling.signal.aborted && this.jobs.length < (this.options.jobsMax ?? Infinity)) {
      if (this.running.size >= (this.options.concurrent ?? 1)) {
        await Promise.race([...this.running, this.aborted()]);
        continue;
      }
      const answer = await this.requestJob();
      if (typeof answer === 'object') {
        refusals = 0;
        this.take(answer);
        continue;
      }
      refusals = answer === 403 ? refusals + 1 : 0;
      if (refusals < UNHEALTHY_MAX) {
        await this.pause(this.options.pollIntervalMs ?? 1000);
        continue;
      }
      this.options.say?.('Refused three times in a row: this runner pauses.');
      refusals = 0;
      await this.pause(this.options.unhealthyPauseMs ?? 3_600_000);
    }
    await Promise.all(this.running);
  }

  private async requestJob(): Promise<JobPayload | number> {
    const body = { ...this.body(), ...(this.lastUpdate && { last_update: this.lastUpdate }) };
    const response = await this.client.runnerCall('POST', 'jobs/request', body, this.polling.signal);
    if (!response) return -1;
    this.lastUpdate = response.headers.get('x-gitlab-last-update') || this.lastUpdate;
    if (response.status !== 201 || !response.headers.get('content-type')?.startsWith('application/json')) {
      await response.body?.cancel();
      return response.status;
    }
    try {
      return readJobPayload(await response.json());
    } catch (error) {
      this.options.say?.(`A job was lost: ${error instanceof Error ? error.message : 'unreadable'}`);
      return -1;
    }
  }

  private take(job: JobPayload): void {
    const record: PocketJob = { id: job.id, name: job.job_info?.name ?? String(job.id) };
    this.jobs.push(record);
    this.options.say?.(`Job ${record.id} (${record.name}) begins`);
    const work = this.runTaken(job, record).finally(() => this.running.delete(work));
    this.running.add(work);
  }

  private async runTaken(job: JobPayload, record: PocketJob): Promise<void> {
    const { numbers, number } = this.lowestFreeNumber(job.job_info?.project_id ?? 0);
    try {
      record.outcome = await runJob(job, {
        client: this.client,
        info: this.info,
        timing: {
          tickMs: this.options.logIntervalMs ?? 3000,
          tickFixed: this.options.logIntervalMs !== undefined,
          keepAliveMs: this.options.keepAliveMs ?? 30_000,
          backOffMs: this.options.logIntervalMs ?? 1000,
        },
        buildsDir: this.options.buildsDir,
        shortToken: shortTokenOf(this.options.token),
        concurrentId: number,
        graceMs: this.options.graceMs ?? 10_000,
        interrupt: this.interrupt.signal,
        vanish: this.vanish.signal,
      });
    } catch (error) {
      // Nothing was acknowledged, or the host is broken: the server finds out by the silence.
      record.outcome = { state: 'dropped' };
      this.options.say?.(`Job ${record.id} was dropped: ${error instanceof Error ? error.message : 'unknown'}`);
    } finally {
      numbers.delete(number);
    }
    this.options.say?.(`Job ${record.id} (${record.name}) ended: ${record.outcome.state}`);
  }

  private lowestFreeNumber(projectId: number) {
    let numbers = this.usedNumbers.get(projectId);
    if (!numbers) this.usedNumbers.set(projectId, (numbers = new Set()));
    let number = 0;
    while (numbers.has(number)) number += 1;
    numbers.add(number);
    return { numbers, number };
  }

  private body(): Record<string, unknown> {
    return { token: this.options.token, system_id: this.systemId, info: this.info };
  }

  private async pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.polling.signal }).catch(() => undefined);
  }

  private async aborted(): Promise<void> {
    const { signal } = this.polling;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}
