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

  /** Throws when no answer comes. @returns the status */
  async upload(bytes: Buffer): Promise<number> {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(bytes)]), 'artifacts.zip');
    const url = `${this.artifacts}?artifact_format=zip&artifact_type=archive`;
    const answer = await fetch(url, { method: 'POST', headers: { 'job-token': this.job.token }, body: form });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** What it has left so far, as it may read it itself. */
  async download(): Promise<{ status: number; bytes: Buffer }> {
    const answer = await fetch(this.artifacts, { headers: { 'job-token': this.job.token } });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  }

  private get artifacts(): string {
    return `${this.url}/api/v4/jobs/${this.job.id}/artifacts`;
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
