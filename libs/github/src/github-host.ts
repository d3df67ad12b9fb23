import type { Clock, Secret } from '@crosstie/platform';
import { OutboundError, fetchOnce, retrying } from '@crosstie/platform';
import { request as octokit } from '@octokit/request';
import { AnswerCache } from './answer-cache.js';
import { parseExactly } from './exact-json.js';
import { GithubError, errorOf } from './github-error.js';
import { RateBudgets } from './rate-budgets.js';

const apiVersion = '2022-11-28';
const timeoutMs = 10_000;
const readAttempts = 2;
const redirectsMax = 3;

export interface GithubAddresses {
  /** `github.com`, or an Enterprise Server's own. */
  readonly host: string;
  readonly webUrl: string;
  readonly apiUrl: string;
}

/** Who calls: the value of the Authorization header, and whose budget it uses. */
export interface Caller {
  readonly authorization: Secret | null;
  readonly budget: string;
}

export interface Call {
  /** Octokit's form: `GET /repos/{owner}/{repo}`. */
  readonly route: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly accept?: string;
  /** Asks only whether the last answer still holds, which costs nothing of the budget. */
  readonly remembered?: boolean;
  /** More bytes than this in the answer are a GithubError `too_large`. */
  readonly bytesMax?: number;
  /** Against `webUrl` instead of `apiUrl`: the OAuth routes. */
  readonly web?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

interface Target {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/**
 * One GitHub, with what was learned about it: budgets and answers. Octokit makes the addresses; sending, limits,
 * redirects and errors are ours, so that no cache is shared between hosts and no error keeps a request.
 */
export class GithubHost {
  readonly budgets: RateBudgets;
  private readonly answers = new AnswerCache();

  constructor(
    readonly addresses: GithubAddresses,
    readonly clock: Clock,
  ) {
    this.budgets = new RateBudgets(clock);
  }

  /** One call; a GET that GitHub could not serve is tried a second time. Throws a GithubError. */
  async call(caller: Caller, call: Call): Promise<Answer> {
    const wait = this.budgets.waitMs(caller.budget);
    if (wait > 0) {
      const details = { status: 429, kind: 'rate_limited', retryAfterMs: wait } as const;
      throw new GithubError(`GitHub wants no call of ${caller.budget} for ${Math.ceil(wait / 1000)} s`, details);
    }
    const attempts = call.route.startsWith('GET ') ? readAttempts : 1;
    const retryable = (error: unknown) => error instanceof GithubError && error.kind === 'unavailable';
    return retrying(() => this.attempt(caller, call), { attempts, baseMs: 200, retryable });
  }

  /** The answer's JSON. */
  async json(caller: Caller, call: Call): Promise<unknown> {
    const { body } = await this.call(caller, call);
    return body.length === 0 ? null : this.parse(body, call.route);
  }

  private parse(body: Buffer, route: string): unknown {
    try {
      return parseExactly(body.toString('utf8'));
    } catch {
      throw new GithubError(`GitHub's answer to ${route} is not JSON`, { status: 200, kind: 'unavailable' });
    }
  }

  private async attempt(caller: Caller, call: Call): Promise<Answer> {
    const target = this.target(caller, call);
    const key = `${caller.budget} ${call.accept ?? ''} ${target.url}`;
    const remembered = call.remembered ? this.answers.get(key) : null;
    if (remembered) target.headers['if-none-match'] = remembered.etag;
    const answer = await this.follow(target, call);
    const limited = this.record(caller, answer, call.route);
    if (remembered && answer.status === 304) return { ...answer, status: 200, body: remembered.body };
    if (answer.status < 200 || answer.status >= 300) throw limited ?? this.failed(call.route, answer);
    const etag = answer.headers.get('etag');
    if (call.remembered && etag !== null) this.answers.set(key, { etag, body: answer.body });
    return answer;
  }

  private target({ authorization }: Caller, { route, parameters, accept, web }: Call): Target {
    const { apiUrl, webUrl } = this.addresses;
    const made = octokit.endpoint(route, { ...parameters, baseUrl: web ? webUrl : apiUrl });
    const body: unknown = made.body;
    return {
      method: made.method,
      url: made.url,
      headers: {
        accept: accept ?? (web ? 'application/json' : 'application/vnd.github+json'),
        'user-agent': 'crosstie',
        ...(!web && { 'x-github-api-version': apiVersion }),
        ...(authorization && { authorization: authorization.reveal() }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  }

  // A renamed repository answers with a redirect; the same request goes there, but never to another host.
  private async follow(first: Target, { route, bytesMax }: Call): Promise<Answer> {
    let target = first;
    for (let hop = 0; ; hop++) {
      const answer = await this.send(target, route, bytesMax);
      const location = answer.headers.get('location');
      if (![301, 302, 307, 308].includes(answer.status) || location === null) return answer;
      const url = new URL(location, target.url);
      if (hop >= redirectsMax || url.origin !== new URL(first.url).origin) {
        throw new GithubError(`GitHub redirects ${route} too often or elsewhere`, {
          status: answer.status,
          kind: 'invalid',
        });
      }
      target = { ...target, url: url.href };
    }
  }

  private async send({ url, ...target }: Target, route: string, answerBytesMax?: number): Promise<Answer> {
    try {
      return await fetchOnce(url, { ...target, timeoutMs, answerBytesMax });
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      const kind = error.kind === 'too_large' ? 'too_large' : 'unavailable';
      throw new GithubError(`${route}: ${error.message}`, { status: 0, kind });
    }
  }

  private record(caller: Caller, answer: Answer, route: string): GithubError | null {
    const failure = answer.status === 403 || answer.status === 429 ? this.failed(route, answer) : null;
    const limited = failure?.kind === 'rate_limited';
    this.budgets.record(caller.budget, answer.headers, limited);
    return limited ? failure : null;
  }

  private failed(route: string, { status, headers, body }: Answer): GithubError {
    return errorOf({ route, status, headers, body: tolerantJson(body), nowMs: this.clock.ms() });
  }
}

function tolerantJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
