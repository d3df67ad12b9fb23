import type { Journal } from './journal.js';
import type { ScriptedJob } from '../scripted-runner.js';

export interface Heard {
  /** Null: the connection ended without an answer. */
  status: number | null;
  jobStatus: string | null;
  range: string | null;
}

/** Says things about one job, one call at a time, and survives that no answer comes. */
export class JobCalls {
  constructor(
    readonly url: string,
    readonly job: ScriptedJob,
    private readonly journal: Journal,
  ) {}

  put(body: Record<string, unknown>): Promise<Heard> {
    const text = JSON.stringify({ token: this.job.token, ...body });
    return this.call('PUT', '', { 'content-type': 'application/json' }, text);
  }

  patch(offset: number, bytes: Buffer): Promise<Heard> {
    const range = `${offset}-${offset + bytes.length - 1}`;
    return this.call('PATCH', '/trace', { 'content-type': 'text/plain', 'content-range': range }, bytes);
  }

  private async call(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | Buffer,
  ): Promise<Heard> {
    const url = `${this.url}/api/v4/jobs/${this.job.id}${path}`;
    const sent = typeof body === 'string' ? body : new Uint8Array(body);
    const init = { method, headers: { ...headers, 'job-token': this.job.token }, body: sent };
    const answer = await this.journal.fetch(url, init).catch(() => null);
    await answer?.arrayBuffer();
    return {
      status: answer?.status ?? null,
      jobStatus: answer?.headers.get('job-status') ?? null,
      range: answer?.headers.get('range') ?? null,
    };
  }
}
