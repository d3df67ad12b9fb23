/** A line of a runner's record. What is said is written before it is sent, so that a kill loses nothing of it. */
export type RecordEntry =
  | { what: 'given'; at: number; jobId: number; name: string; token: string; cloneToken: string; sha: string }
  | { what: 'said'; call: string; at: number; jobId: number; token: string; state: string | null; piece: Piece | null }
  | { what: 'heard'; call: string; at: number; status: number; jobStatus: string | null };

export interface Piece {
  offset: number;
  base64: string;
}

/** A `fetch` for a runner that writes down every job it is given and every word about it. */
export function recordingFetch(write: (entry: RecordEntry) => void): typeof fetch {
  let calls = 0;
  return async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const about = readCall(url, init);
    calls += 1;
    const call = `${process.pid}/${calls}`;
    if (about) write({ what: 'said', call, at: Date.now(), ...about });
    const answer = await fetch(input, init);
    if (about) {
      const jobStatus = answer.headers.get('job-status');
      write({ what: 'heard', call, at: Date.now(), status: answer.status, jobStatus });
    }
    if (answer.status === 201 && url.endsWith('/jobs/request')) write(readJob(await answer.clone().json()));
    return answer;
  };
}

function readCall(url: string, init: RequestInit | undefined) {
  const match = /\/api\/v4\/jobs\/(\d+)(\/trace)?(?:\?|$)/.exec(url);
  const method = init?.method ?? 'GET';
  if (!match || !['PUT', 'PATCH'].includes(method)) return null;
  const headers = new Headers(init?.headers);
  const about = { jobId: Number(match[1]), token: headers.get('job-token') ?? '' };
  if (method === 'PUT') {
    const { state } = JSON.parse(init?.body as string) as { state?: string };
    return { ...about, state: state ?? null, piece: null };
  }
  const offset = Number(/^(\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? 0);
  const base64 = Buffer.from(init?.body as Uint8Array).toString('base64');
  return { ...about, state: null, piece: { offset, base64 } };
}

function readJob(body: unknown): RecordEntry {
  const job = body as {
    id: number;
    token: string;
    job_info: { name: string };
    git_info: { repo_url: string; sha: string };
  };
  return {
    what: 'given',
    at: Date.now(),
    jobId: job.id,
    name: job.job_info.name,
    token: job.token,
    cloneToken: new URL(job.git_info.repo_url).password,
    sha: job.git_info.sha,
  };
}
