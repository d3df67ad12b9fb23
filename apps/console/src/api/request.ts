import { explainBody } from './explain-body.js';

/** The server has answered with something other than success, or not at all. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';

  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    sentence: string,
    readonly requestId: string | null,
  ) {
    super(sentence);
  }
}

/** Asks for JSON. Throws `RequestFailed` with a sentence for a person. */
export async function getJson<T>(path: string): Promise<T> {
  const answer = await send(path, { headers: { accept: 'application/json' } });
  return (await answer.json()) as T;
}

/** Sends an unsafe verb with the session's CSRF token. */
export async function postJson<T>(path: string, body?: Record<string, unknown>): Promise<T> {
  const answer = await send(path, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'x-csrf-token': await csrfToken(),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return (await answer.json()) as T;
}

/** Takes something away, with the session's CSRF token. */
export async function deleteIt(path: string): Promise<undefined> {
  await send(path, { method: 'DELETE', headers: { 'x-csrf-token': await csrfToken() } });
}

/** A list and where it goes on. */
export interface Page<T> {
  readonly items: T[];
  readonly nextPage: number | null;
  readonly total: number | null;
}

/** Asks for one page of a list of `/api/v4`. */
export async function getPage<T>(path: string): Promise<Page<T>> {
  const answer = await send(path, { headers: { accept: 'application/json' } });
  const count = (header: string) => Number(answer.headers.get(header)) || null;
  return { items: (await answer.json()) as T[], nextPage: count('x-next-page'), total: count('x-total') };
}

/** Any request to the server itself; throws unless it succeeded. */
export async function send(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: 'same-origin', cache: 'no-cache', ...init });
  } catch {
    throw new RequestFailed(0, 'The server cannot be reached. Check the connection, then try again.', null);
  }
  if (answer.ok) return answer;
  const sentence = explainBody(answer.status, await answer.text().catch(() => ''));
  throw new RequestFailed(answer.status, sentence, answer.headers.get('x-request-id'));
}

/** What the account page of the API says about the session; only what a request needs. */
interface WithCsrf {
  readonly csrf_token: string | null;
}

async function csrfToken(): Promise<string> {
  const account = await getJson<WithCsrf>('/api/crosstie/v1/account');
  return account.csrf_token ?? '';
}
