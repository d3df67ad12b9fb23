import { Agent, createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { ownerOf, type RoutedService } from '@crosstie/platform';
import { createProxyServer } from 'httpxy';

/** Where each service listens: one address, or those of its replicas. */
export type Upstreams = Readonly<Partial<Record<RoutedService, string | readonly string[]>>>;

export interface FrontDoorOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly services: Upstreams;
  /** Loopback unless told. */
  readonly bind?: string;
}

export interface FrontDoor {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Sends what comes from now on to other addresses; a test moves replicas so. */
  route(services: Upstreams): void;
  close(): Promise<void>;
}

const keepAliveMs = 95_000;
const avoidMs = 1_000;

/**
 * One address before the separate services, as the Ingress is in a cluster: the route file says who answers. The raw
 * path goes on as it came, escapes included; bodies and answers stream in both directions, nothing waits for their
 * end, and a client that goes away takes its held request along.
 */
export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const replicas = new Replicas(options.services);
  // A held request keeps its connection, so their number must not be bounded.
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const proxy = createProxyServer({ agent, xfwd: true });
  proxy.on('error', (error: Error & { code?: string }, _request, response, target) => {
    if (error.code === 'ECONNREFUSED') replicas.avoid(addressOf(target));
    if (response instanceof ServerResponse) refuse(response, 502, 'Bad Gateway');
    else response?.destroy();
  });
  const server = createServer((request, response) => {
    const target = replicas.next(ownerOf(request.method ?? 'GET', request.url ?? '/'));
    if (target === undefined) refuse(response, 503, 'Service Unavailable');
    else void pass(request, response, target);
  });
  const pass = (request: IncomingMessage, response: ServerResponse, target: string): Promise<void> =>
    // Its rejection repeats what the `error` event said.
    proxy.web(request, response, { target }).catch(() => undefined);
  server.requestTimeout = 0;
  server.keepAliveTimeout = keepAliveMs;
  const port = await listen(server, options.port, options.bind ?? '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    route: (services) => replicas.set(services),
    close: () => close(server, agent),
  };
}

/** Takes the replicas of a service in turn, and for a moment leaves out the one that refused a connection. */
class Replicas {
  private addresses = new Map<RoutedService, readonly string[]>();
  private readonly avoidedUntil = new Map<string, number>();
  private turn = 0;

  constructor(services: Upstreams) {
    this.set(services);
  }

  set(services: Upstreams): void {
    const entries = Object.entries(services) as [RoutedService, string | readonly string[]][];
    this.addresses = new Map(entries.map(([service, given]) => [service, [given].flat()]));
  }

  next(service: RoutedService): string | undefined {
    const all = this.addresses.get(service) ?? [];
    const now = performance.now();
    const open = all.filter((address) => (this.avoidedUntil.get(address) ?? 0) <= now);
    const choice = open.length > 0 ? open : all;
    this.turn += 1;
    return choice[this.turn % Math.max(choice.length, 1)];
  }

  avoid(address: string): void {
    this.avoidedUntil.set(address, performance.now() + avoidMs);
  }
}

function addressOf(target: unknown): string {
  return target instanceof URL ? target.origin : String(target);
}

function refuse(response: ServerResponse, status: number, words: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ message: `${status} ${words}` }));
}

async function listen(server: Server, port: number, bind: string): Promise<number> {
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, bind, done);
  });
  // Small pieces of a log or an event stream go on at once.
  server.on('connection', (socket: Socket) => socket.setNoDelay(true));
  return (server.address() as AddressInfo).port;
}

async function close(server: Server, agent: Agent): Promise<void> {
  await new Promise<void>((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
  agent.destroy();
}
