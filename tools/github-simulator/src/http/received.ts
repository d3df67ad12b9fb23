import type { FastifyRequest } from 'fastify';

/** One request that reached the simulated GitHub. */
export interface ReceivedRequest {
  seq: number;
  /** `process.hrtime.bigint()` as text: monotonic, comparable between processes of one machine. */
  startedNs: string;
  finishedNs: string | null;
  /** The simulated wall clock. */
  at: string;
  method: string;
  path: string;
  /** The operation as the OpenAPI description writes it, or a name such as `git-upload-pack`. */
  route: string;
  status: number | null;
  tokenKind: string;
  /** Who the token speaks for: a login, or `app/installation`. */
  actor: string | null;
  body: unknown;
  answerLost: boolean;
}

const kept = 200_000;

/** The list of what was received, in the order of arrival. */
export class Received {
  private requests: ReceivedRequest[] = [];
  private readonly open = new WeakMap<FastifyRequest, ReceivedRequest>();
  private seq = 0;
  /** Requests that break GitHub's published contract, and answers of ours that do. */
  contractViolations: { at: string; method: string; route: string; side: 'request' | 'answer'; errors: unknown }[] = [];

  begin(request: FastifyRequest, route: string, at: string): ReceivedRequest {
    const entry: ReceivedRequest = {
      seq: (this.seq += 1),
      startedNs: String(process.hrtime.bigint()),
      finishedNs: null,
      at,
      method: request.method,
      path: request.url,
      route,
      status: null,
      tokenKind: 'none',
      actor: null,
      body: null,
      answerLost: false,
    };
    this.requests.push(entry);
    if (this.requests.length > kept) this.requests.splice(0, kept / 10);
    this.open.set(request, entry);
    return entry;
  }

  entry(request: FastifyRequest): ReceivedRequest | undefined {
    return this.open.get(request);
  }

  list(filter: { since?: number; method?: string; route?: string; path?: string } = {}): ReceivedRequest[] {
    return this.requests.filter(
      (each) =>
        each.seq > (filter.since ?? 0) &&
        (filter.method === undefined || each.method === filter.method) &&
        (filter.route === undefined || each.route === filter.route) &&
        (filter.path === undefined || each.path.includes(filter.path)),
    );
  }

  clear(): void {
    this.requests = [];
    this.contractViolations = [];
  }
}
