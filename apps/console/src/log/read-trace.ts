import { explainBody } from '../api/explain-body.js';
import { RequestFailed } from '../api/request.js';
import type { ReadTrace } from './trace-feed.js';

/** Reads windows of a job's log by range requests. */
export function traceReader(projectId: number, jobId: number): ReadTrace {
  return async (offset, limit) => {
    let answer: Response;
    try {
      answer = await fetch(`/api/v4/projects/${projectId}/jobs/${jobId}/trace`, {
        headers: { range: `bytes=${offset}-${offset + limit - 1}` },
        cache: 'no-store',
      });
    } catch {
      throw new RequestFailed(0, explainBody(0, ''), null);
    }
    const size = Number(/\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')?.[1] ?? 0);
    // Nothing lies past the offset yet.
    if (answer.status === 416) return { bytes: new Uint8Array(), size };
    if (!answer.ok) {
      throw new RequestFailed(
        answer.status,
        explainBody(answer.status, await answer.text()),
        answer.headers.get('x-request-id'),
      );
    }
    const bytes = new Uint8Array(await answer.arrayBuffer());
    // A whole answer instead of a part: only what is new counts.
    if (answer.status === 200) return { bytes: bytes.subarray(offset), size: bytes.length };
    return { bytes, size };
  };
}
