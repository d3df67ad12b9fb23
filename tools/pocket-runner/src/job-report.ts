import { setTimeout as wait } from 'node:timers/promises';
import type { JobLog } from './job-log.js';
import type { JobAnswer, RunnerClient } from './runner-client.js';

export interface ReportTiming {
  /** Time between two looks at the log until the server says otherwise. */
  tickMs: number;
  /** True keeps `tickMs` whatever the server advises: tests do not want to wait. */
  tickFixed: boolean;
  keepAliveMs: number;
  /** First wait of the final PUT's back-off. */
  backOffMs: number;
}

export type JobEnd = { state: 'success' } | { state: 'failed'; failureReason: string; exitCode: number };
/** What the server may want while the job runs. */
export interface ReportEvents {
  onCanceling(): void;
  onAbort(): void;
}

const FINAL_ROUNDS_MAX = 10;

/**
 * Tells the server about one job: the acknowledgement, the log as it grows, keep-alives, the end.
 *
 * It has two states, open and closed. An answer that aborts the job (403, or `Job-Status` canceled
 * or failed) closes it; afterwards nothing is sent any more.
 */
export class JobReport {
  private offset = 0;
  private closed = false;
  private intervalMs: number;
  private lastAcceptedAt = 0;
  private readonly stopTicking = new AbortController();
  private ticking: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: RunnerClient,
    private readonly job: { id: number; token: string },
    private readonly info: unknown,
    private readonly log: JobLog,
    private readonly timing: ReportTiming,
    private readonly events: ReportEvents,
  ) {
    this.intervalMs = timing.tickMs;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** The first `PUT running`; false when the job is not ours to run. */
  async acknowledge(): Promise<boolean> {
    const answer = this.heed(await this.put({ state: 'running', output: {} }));
    if (answer.status === 404) this.closed = true;
    return !this.closed;
  }

  start(): void {
    this.ticking = this.tick();
  }

  /** Sends what is left of the log and then the end, until the server has both or refuses. */
  async finish(end: JobEnd): Promise<void> {
    this.stopTicking.abort();
    await this.ticking;
    this.intervalMs = this.timing.tickMs;
    let failures = 0;
    while (!this.closed && failures < FINAL_ROUNDS_MAX) {
      const sent = await this.sendRest();
      if (this.closed) return;
      const answer = this.heed(await this.put(this.finalBody(end)));
      if (this.closed || answer.status === 200 || answer.status === 404) return;
      if (answer.status === 412) this.offset = 0;
      if (sent && (answer.status === 412 || answer.status === 202)) await wait(this.intervalMs);
      else await wait(this.timing.backOffMs * 2 ** failures++);
    }
  }

  /** Stops without a word, as a killed runner would. */
  vanish(): void {
    this.closed = true;
    this.stopTicking.abort();
  }

  private finalBody(end: JobEnd): Record<string, unknown> {
    const output = { checksum: this.log.crc32, bytesize: this.log.bytesize };
    if (end.state === 'success') return { state: 'success', output, checksum: output.checksum };
    const exitCode = end.exitCode === 0 ? {} : { exit_code: end.exitCode };
    return { state: 'failed', failure_reason: end.failureReason, output, checksum: output.checksum, ...exitCode };
  }

  private async tick(): Promise<void> {
    const { signal } = this.stopTicking;
    while (!this.closed) {
      const go = await wait(this.intervalMs, true, { signal }).catch(() => false);
      if (!go) return;
      const sent = await this.sendChunk();
      if (sent !== 'failed' && !this.closed && this.isSilent()) {
        const output = { checksum: this.log.crc32, bytesize: this.log.bytesize };
        this.heed(await this.put({ state: 'running', output }));
      }
    }
  }

  private isSilent(): boolean {
    return this.offset >= this.log.bytesize && Date.now() - this.lastAcceptedAt > this.timing.keepAliveMs;
  }

  private async sendRest(): Promise<boolean> {
    while (!this.closed && this.offset < this.log.bytesize) {
      const sent = await this.sendChunk();
      if (sent === 'failed') return false;
      if (sent === 'moved') await wait(this.intervalMs);
    }
    return !this.closed;
  }

  private async sendChunk(): Promise<'sent' | 'nothing' | 'moved' | 'failed'> {
    const chunk = this.log.read(this.offset);
    if (chunk.length === 0) return 'nothing';
    const answer = this.heed(await this.client.patchTrace(this.job.id, this.job.token, this.offset, chunk));
    if (answer.status === 202) {
      this.offset += chunk.length;
      return 'sent';
    }
    if (answer.status !== 416) return 'failed';
    this.offset = Number(/^\d+-(\d+)$/.exec(answer.range ?? '')?.[1] ?? 0);
    return 'moved';
  }

  private async put(body: Record<string, unknown>): Promise<JobAnswer> {
    return this.client.putJob(this.job.id, this.job.token, { info: this.info, ...body });
  }

  private heed(answer: JobAnswer): JobAnswer {
    if (answer.status === 403 || answer.jobStatus === 'canceled' || answer.jobStatus === 'failed') {
      if (!this.closed) {
        this.closed = true;
        this.events.onAbort();
      }
      return answer;
    }
    if (answer.jobStatus === 'canceling') this.events.onCanceling();
    if (answer.intervalMs && !this.timing.tickFixed) this.intervalMs = answer.intervalMs;
    if (answer.status === 200 || answer.status === 202) this.lastAcceptedAt = Date.now();
    return answer;
  }
}
