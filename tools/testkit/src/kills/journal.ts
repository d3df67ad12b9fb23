/** One call of a runner about a job, and what it heard. */
export interface Call {
  method: string;
  jobId: number;
  token: string;
  /** Of a PUT. */
  state: string | null;
  /** Of a PATCH. */
  piece: { offset: number; bytes: Buffer } | null;
  /** Null: no answer came. */
  status: number | null;
}

/** Writes down what a runner says about its jobs and what it hears; give `fetch` to the runner. */
export class Journal {
  readonly calls: Call[] = [];

  readonly fetch: typeof fetch = async (input, init) => {
    const call = readCall(String(input instanceof Request ? input.url : input), init);
    if (call) this.calls.push(call);
    const answer = await fetch(input, init);
    if (call) call.status = answer.status;
    return answer;
  };

  /** The calls about a job that the server took. */
  accepted(jobId: number): Call[] {
    return this.calls.filter(({ jobId: id, status }) => id === jobId && (status === 200 || status === 202));
  }

  /** The reports of an end that the server took. */
  ends(jobId: number): Call[] {
    return this.accepted(jobId).filter(({ state }) => state === 'success' || state === 'failed');
  }

  /** The log that a job's last hand-out sent, put together by the offsets. */
  log(jobId: number): Buffer {
    const calls = this.calls.filter((call) => call.jobId === jobId);
    const token = calls.at(-1)?.token;
    let log = Buffer.alloc(0);
    for (const { piece } of calls.filter((call) => call.token === token)) {
      if (piece) log = Buffer.concat([log.subarray(0, piece.offset), piece.bytes]);
    }
    return log;
  }
}

function readCall(url: string, init: RequestInit | undefined): Call | null {
  const match = /\/api\/v4\/jobs\/(\d+)(\/trace)?(?:\?|$)/.exec(url);
  const method = init?.method ?? 'GET';
  if (!match || !['PUT', 'PATCH'].includes(method)) return null;
  const headers = new Headers(init?.headers);
  const call = { method, jobId: Number(match[1]), token: headers.get('job-token') ?? '', status: null };
  if (method === 'PUT') {
    const body = JSON.parse(init?.body as string) as { state?: string; output?: { bytesize?: number } };
    return { ...call, state: body.state ?? null, piece: null };
  }
  const offset = Number(/^(\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? 0);
  return { ...call, state: null, piece: { offset, bytes: Buffer.from(init?.body as Uint8Array) } };
}
