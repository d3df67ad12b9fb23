import { setTimeout as wait } from 'node:timers/promises';

export type Fetch = typeof fetch;

/** What one answer means for the job that was spoken about. */
export interface JobAnswer {
  status: number;
  jobStatus: string | null;
  intervalMs: number | null;
  range: string | null;
}

const ATTEMPTS_MAX = 5;
const NETWORK_ERROR: JobAnswer = { status: -1, jobStatus: null, intervalMs: null, range: null };
const INTERVAL_MS_MAX = 15 * 60_000;

/** The HTTP side of the runner protocol: paths, headers and the repeats that lie under every call. */
export class RunnerClient {
  private readonly base: string;

  constructor(
    url: string,
    private readonly send: Fetch,
  ) {
    const trimmed = url.replace(/\/+$/, '').replace(/\/ci$/, '');
    this.base = `${trimmed}/api/v4/`;
  }

  /** A call with the runner's token; null when the network failed. */
  async runnerCall(method: string, path: string, body: Record<string, unknown>, signal?: AbortSignal) {
    const headers = { 'RUNNER-TOKEN': String(body['token']), Accept: 'application/json' };
    return this.request(method, path, headers, body, signal);
  }

  /** `PUT jobs/:id` */
  async putJob(id: number, token: string, body: Record<string, unknown>): Promise<JobAnswer> {
    const response = await this.request('PUT', `jobs/${id}`, { 'JOB-TOKEN': token }, { ...body, token });
    return this.drained(response);
  }

  /** `PATCH jobs/:id/trace`, `chunk` beginning at `offset`. */
  async patchTrace(id: number, token: string, offset: number, chunk: Buffer): Promise<JobAnswer> {
    const headers = {
      'JOB-TOKEN': token,
      'Content-Type': 'text/plain',
      'Content-Range': `${offset}-${offset + chunk.length - 1}`,
    };
    return this.drained(await this.request('PATCH', `jobs/${id}/trace?debug_trace=false`, headers, chunk));
  }

  /** One request without repeats, for artifacts; throws on a network error. */
  async rawJobCall(path: string, token: string, init: RequestInit): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string> | undefined), 'JOB-TOKEN': token };
    return this.send(this.base + path, { ...init, headers });
  }

  private async request(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: Record<string, unknown> | Buffer,
    signal?: AbortSignal,
  ): Promise<Response | null> {
    const isBytes = Buffer.isBuffer(body);
    const init: RequestInit = {
      method,
      headers: isBytes ? headers : { ...headers, 'Content-Type': 'application/json' },
      body: isBytes ? new Uint8Array(body) : JSON.stringify(body),
      redirect: 'manual',
      ...(signal && { signal }),
    };
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.send(this.base + path, init).catch(() => null);
      if (!response || !isRepeatable(response.status) || attempt === ATTEMPTS_MAX) return response;
      await response.body?.cancel();
      const waited = await wait(waitBeforeRepeatMs(response, attempt), true, { ...(signal && { signal }) }).catch(
        () => false,
      );
      if (!waited) return null;
    }
  }

  private async drained(response: Response | null): Promise<JobAnswer> {
    if (!response) return NETWORK_ERROR;
    await response.arrayBuffer().catch(() => null);
    const seconds = Number(response.headers.get('x-gitlab-trace-update-interval') ?? '');
    return {
      status: response.status,
      jobStatus: response.headers.get('job-status'),
      intervalMs: Number.isInteger(seconds) && seconds > 0 ? Math.min(seconds * 1000, INTERVAL_MS_MAX) : null,
      range: response.headers.get('range'),
    };
  }
}

function isRepeatable(status: number): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status) || status >= 512;
}

function waitBeforeRepeatMs(response: Response, attempt: number): number {
  const reset = Date.parse(response.headers.get('ratelimit-resettime') ?? '');
  if (!Number.isNaN(reset)) return Math.max(0, reset - Date.now());
  const retryAfter = response.headers.get('retry-after') ?? '';
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  return 100 * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
}
