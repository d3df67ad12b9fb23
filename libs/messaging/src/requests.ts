import type { Bus } from './bus/bus.js';

/** A token with a stated purpose, asked of the authority. */
export type TokenRequest =
  | { purpose: 'read'; projectId: number }
  | { purpose: 'status'; projectId: number }
  | { purpose: 'app_jwt'; host: string }
  | { purpose: 'clone'; pipelineId: number; projectId: number; userId: number; mustOutliveMs: number };

/** No token travels on the bus: the reply names a lease, whose row holds it encrypted. */
export type TokenReply =
  | { granted: true; leaseId: number; expiresAt: string }
  | {
      granted: false;
      reason: string;
      message: string;
      /** Set when asking again after that time can succeed. */
      retryAfterMs?: number;
    };

/** Every request that one service makes of another, by subject. JSON both ways. */
export interface RequestPayloads {
  'token.lease': { request: TokenRequest; reply: TokenReply };
  /** What GitHub says about this person on this repository, as a level, and why. */
  'access.github_role': {
    request: { userId: number; projectId: number };
    reply: { level: 0 | 10 | 20 | 30 | 40; because: string };
  };
}

export type RequestSubject = keyof RequestPayloads;

/** Nobody answered in time, or nobody is there to answer. */
export class RequestTimedOut extends Error {
  constructor(subject: string, timeoutMs: number) {
    super(`${subject} was not answered within ${timeoutMs} ms`);
    this.name = 'RequestTimedOut';
  }
}

/** The one who was asked failed; the message is theirs. */
export class RequestFailed extends Error {
  constructor(
    readonly subject: string,
    message: string,
  ) {
    super(message);
    this.name = 'RequestFailed';
  }
}

/** Asks another service and waits for its answer. Not durable: whoever asks decides whether to ask again. */
export class Requests {
  constructor(private readonly bus: Bus) {}

  /** Throws RequestTimedOut or RequestFailed. */
  async ask<S extends RequestSubject>(
    subject: S,
    payload: RequestPayloads[S]['request'],
    options: { timeoutMs: number },
  ): Promise<RequestPayloads[S]['reply']> {
    return (await this.bus.ask(subject, payload, options.timeoutMs)) as RequestPayloads[S]['reply'];
  }
}
