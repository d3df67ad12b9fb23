/** An outcome that is shown to the caller as it is. The bodies have GitLab's shapes, which its clients read. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** The JSON answer. */
    readonly body: Readonly<Record<string, unknown>>,
    /** A stable word for code and logs; it is not part of the answer. */
    readonly code: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(sentenceOf(body));
    this.name = new.target.name;
  }
}

function sentenceOf(body: Readonly<Record<string, unknown>>): string {
  const text = body['error_description'] ?? body['error'] ?? body['message'];
  return typeof text === 'string' ? text : JSON.stringify(text ?? body);
}

/** A parameter that is missing or wrong: `ref is missing`. */
export class BadRequest extends Problem {
  constructor(sentence: string, code = 'bad_request') {
    super(400, { error: sentence }, code);
  }
}

/** A value that breaks a rule of the resource: each field with its sentences. */
export class Invalid extends Problem {
  constructor(fields: Readonly<Record<string, readonly string[]>>, code = 'invalid') {
    super(400, { message: fields }, code);
  }
}

/** No credential, or one that is not known. With a description: a token that has ended. */
export class Unauthorized extends Problem {
  constructor(description?: string, code = 'unauthorized') {
    const body = description
      ? { error: 'invalid_token', error_description: description }
      : { message: '401 Unauthorized' };
    super(401, body, code);
  }
}

/** Seen but not allowed; the sentence says why and what to do about it. */
export class Forbidden extends Problem {
  constructor(sentence?: string, code = 'forbidden') {
    super(403, { message: sentence ? `403 Forbidden - ${sentence}` : '403 Forbidden' }, code);
  }
}

/** The token's scopes do not cover the route. */
export class InsufficientScope extends Problem {
  constructor(scope: string) {
    const error_description = 'The request requires higher privileges than provided by the access token.';
    super(403, { error: 'insufficient_scope', error_description, scope }, 'insufficient_scope');
  }
}

/** Absent, or not visible to this caller: the two are never told apart. */
export class NotFound extends Problem {
  /** @param what the thing in GitLab's words: `Project`, `Pipeline`, `Job` */
  constructor(what = '', code = 'not_found') {
    super(404, { message: what ? `404 ${what} Not Found` : '404 Not Found' }, code);
  }
}

/** The present state does not allow it. */
export class Conflict extends Problem {
  constructor(sentence: string, code = 'conflict') {
    super(409, { message: sentence }, code);
  }
}

/** It was there and will not come back. */
export class Gone extends Problem {
  constructor(sentence = '410 Gone', code = 'gone') {
    super(410, { message: sentence }, code);
  }
}

/** A limit was reached. */
export class TooManyRequests extends Problem {
  constructor(retryAfterS: number, sentence = 'This endpoint has been requested too many times. Try again later.') {
    const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryAfterS))) };
    super(429, { message: sentence }, 'too_many_requests', headers);
  }
}

/** Cannot be served now, nothing was done, and trying again can help. */
export class Unavailable extends Problem {
  constructor(sentence = '503 Service Unavailable', retryAfterS = 5, code = 'unavailable') {
    super(503, { message: sentence }, code, { 'retry-after': String(Math.ceil(retryAfterS)) });
  }
}
