import { type Logger, redactValue } from '@crosstie/platform';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, connect } from '@nats-io/transport-node';

import { busMetrics } from '../bus/bus-metrics.js';
import { within } from '../bus/within.js';

export interface Linked {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
}

const retryMs = 500;
const connectTimeoutMs = 3000;
const drainMs = 3000;

/**
 * The one connection of a process to NATS. It is made in the background and kept for ever, because services start
 * in any order and serve while NATS is away. States: connecting -> connected <-> away -> closed.
 */
export class NatsLink {
  private linked: Linked | null = null;
  private away = true;
  private closing = false;
  private settle: { resolve: (linked: Linked) => void; reject: (error: Error) => void };
  private readonly first: Promise<Linked>;
  private readonly returns = new Set<() => void>();

  constructor(
    private readonly url: string,
    private readonly name: string,
    private readonly logger: Logger,
  ) {
    this.first = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Whoever waits is told; nobody waiting is no failure.
    this.first.catch(() => undefined);
  }

  /** Begins to connect; waits a little so that a process whose NATS is there starts connected. */
  async open(waitMs: number): Promise<void> {
    void this.connectUntilDone();
    await within(waitMs, this.first);
  }

  /** The connection once there is one. Throws when the link is closed before. */
  ready(): Promise<Linked> {
    return this.first;
  }

  /** The connection, if it works now. */
  now(): Linked | null {
    return this.away || this.closing ? null : this.linked;
  }

  /** Calls back each time the connection came back. */
  onReturn(listener: () => void): () => void {
    this.returns.add(listener);
    return () => this.returns.delete(listener);
  }

  /** Sends what is left and closes. */
  async close(): Promise<void> {
    this.closing = true;
    this.settle.reject(new Error('NATS was never reached'));
    const nc = this.linked?.nc;
    if (!nc || nc.isClosed()) return;
    if (!this.away) await within(drainMs, nc.drain()).catch(() => undefined);
    await nc.close();
  }

  private async connectUntilDone(): Promise<void> {
    while (!this.closing) {
      try {
        const nc = await connect({
          ...serverOf(this.url),
          name: this.name,
          timeout: connectTimeoutMs,
          maxReconnectAttempts: -1,
          reconnectTimeWait: retryMs,
          pingInterval: 10_000,
        });
        await this.adopt(nc);
        return;
      } catch (error) {
        this.logger.warn('waiting for NATS', { err: error });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  private async adopt(nc: NatsConnection): Promise<void> {
    this.linked = { nc, js: jetstream(nc), jsm: await jetstreamManager(nc, { checkAPI: false }) };
    this.away = false;
    busMetrics.connected.set(1);
    void this.watch(nc);
    this.settle.resolve(this.linked);
    if (this.closing) await nc.close();
  }

  private async watch(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') {
        this.away = true;
        busMetrics.connected.set(0);
        if (!this.closing) this.logger.warn('NATS is away; events wait in the outbox');
      } else if (status.type === 'reconnect') {
        this.away = false;
        busMetrics.connected.set(1);
        this.logger.info('NATS is back');
        for (const listener of this.returns) listener();
      }
    }
  }
}

/** The client takes no name and password from an address, so they are told apart here. */
function serverOf(address: string): { servers: string; user?: string; pass?: string; tls?: object } {
  const url = new URL(address);
  const servers = url.host;
  const tls = url.protocol === 'tls:' ? { tls: {} } : {};
  if (url.username === '') return { servers, ...tls };
  const pass = decodeURIComponent(url.password);
  redactValue(pass);
  return { servers, user: decodeURIComponent(url.username), pass, ...tls };
}
