import { createServer } from 'node:http';

import { version } from '../version.js';

export interface WaitingServer {
  /** What is waited for, and why it is not there; `/readyz` tells the newest. */
  waitsFor(what: string, why: string): void;
  /** Gives the port free. */
  close(): Promise<void>;
}

/**
 * Answers for a service that cannot start yet, because somebody else is not there: it lives, it is not ready, and
 * what it is missing.
 */
export async function answerWhileWaiting(
  service: string,
  { bind, port }: { readonly bind: string; readonly port: number },
): Promise<WaitingServer> {
  const checks: Record<string, string> = {};
  const server = createServer((request, response) => {
    const lives = request.url === '/healthz';
    const ready = request.url === '/readyz';
    const body = lives
      ? { service, pid: process.pid, version }
      : ready
        ? { ready: false, checks }
        : { message: '503 Service Unavailable' };
    response.writeHead(lives ? 200 : 503, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, bind, done);
  });
  return {
    waitsFor: (what, why) => void (checks[what] = why),
    async close() {
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    },
  };
}
