/** An answer of the REST API, read. */
export interface ApiAnswer {
  status: number;
  headers: Headers;
  /** JSON where it is JSON, else text. */
  body: unknown;
}

/** The REST API as one person, with their personal access token. */
export class Api {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  get(path: string): Promise<ApiAnswer> {
    return this.ask('GET', path);
  }

  post(path: string, body: unknown = {}): Promise<ApiAnswer> {
    return this.ask('POST', path, body);
  }

  put(path: string, body: unknown = {}): Promise<ApiAnswer> {
    return this.ask('PUT', path, body);
  }

  delete(path: string): Promise<ApiAnswer> {
    return this.ask('DELETE', path);
  }

  /** The body of an answer that must be a success. */
  async read<T>(path: string): Promise<T> {
    const { status, body } = await this.get(path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  private async ask(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        'private-token': this.token,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    const json = answer.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: answer.status,
      headers: answer.headers,
      body: json && text ? (JSON.parse(text) as unknown) : text,
    };
  }
}
