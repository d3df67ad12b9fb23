import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Arrived {
  headers: IncomingHttpHeaders;
  body: Buffer;
  payload: Record<string, unknown>;
}

/** Stands where an App's webhook address is: remembers what arrived and answers as told. */
export class HookListener {
  readonly arrived: Arrived[] = [];
  /** Null: never answers. */
  answer: number | null = 202;
  private waiting: (() => void)[] = [];
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      this.arrived.push({ headers: request.headers, body, payload: parsed(body) });
      if (this.answer !== null) response.writeHead(this.answer).end('heard');
      for (const wake of this.waiting.splice(0)) wake();
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/webhooks/github`;
  }

  /** Waits until so many deliveries of an event are there; gives them. */
  async of(event: string, count = 1): Promise<Arrived[]> {
    for (;;) {
      const found = this.arrived.filter((each) => each.headers['x-github-event'] === event);
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  async last(event: string, count = 1): Promise<Record<string, unknown>> {
    return (await this.of(event, count)).at(-1)?.payload ?? {};
  }

  clear(): void {
    this.arrived.length = 0;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}
