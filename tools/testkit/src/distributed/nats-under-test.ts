import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { freePort } from '../free-port.js';
import { type NatsServer, startNatsServer } from '../nats-server.js';

/** What a service's durable has been given, as the server counts it. */
export interface DurableCount {
  readonly durable: string;
  /** Messages given, those given again included. */
  readonly delivered: number;
  /** Messages given again and not acknowledged since. */
  readonly again: number;
  readonly pending: number;
  readonly unacknowledged: number;
}

interface JetStreamReport {
  account_details?: {
    stream_detail?: {
      state: { messages: number };
      consumer_detail?: {
        name: string;
        delivered: { consumer_seq: number };
        num_redelivered: number;
        num_pending: number;
        num_ack_pending: number;
      }[];
    }[];
  }[];
}

/** Whether this machine can run what needs a real bus. */
export function natsIsThere(): Promise<boolean> {
  return new Promise((done) => execFile('nats-server', ['--version'], (error) => done(error === null)));
}

/** Writes passwords and keys as the deployment does. */
const makeSecrets = resolve(import.meta.dirname, '../../../../k8s/overlays/local/make-secrets');

/** A nats-server with the deployment's users that can be killed, started again on its port, and robbed of its store. */
export class NatsUnderTest {
  private server: NatsServer | null = null;

  private constructor(
    private readonly store: string,
    readonly port: number,
    private readonly monitorPort: number,
    private readonly secrets: string,
  ) {}

  static async start(directory: string): Promise<NatsUnderTest> {
    const secrets = join(directory, 'secrets');
    await promisify(execFile)(makeSecrets, [secrets]);
    const nats = new NatsUnderTest(join(directory, 'nats'), await freePort(), await freePort(), secrets);
    await nats.start();
    return nats;
  }

  /** The address with the name and password of a service. @param port of a proxy before it */
  async urlFor(service: string, port = this.port): Promise<string> {
    const url = new URL(await readFile(join(this.secrets, service, 'nats-url'), 'utf8'));
    url.host = `127.0.0.1:${port}`;
    return url.href;
  }

  get pid(): number {
    return this.server?.pid ?? 0;
  }

  async start(): Promise<void> {
    this.server = await startNatsServer(this.store, this.port, this.monitorPort, join(this.secrets, 'nats/users.conf'));
    if (!this.server) throw new Error('nats-server does not start: is it installed?');
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  async kill(): Promise<void> {
    await this.server?.kill();
  }

  /** All that JetStream has kept; while the server is down. */
  async deleteStore(): Promise<void> {
    await rm(this.store, { recursive: true, force: true });
  }

  async durables(): Promise<DurableCount[]> {
    const streams = (await this.report()).account_details?.flatMap((account) => account.stream_detail ?? []) ?? [];
    return streams
      .flatMap((stream) => stream.consumer_detail ?? [])
      .map((consumer) => ({
        durable: consumer.name,
        delivered: consumer.delivered.consumer_seq,
        again: consumer.num_redelivered,
        pending: consumer.num_pending,
        unacknowledged: consumer.num_ack_pending,
      }))
      .sort((a, b) => a.durable.localeCompare(b.durable));
  }

  private async report(): Promise<JetStreamReport> {
    const answer = await fetch(`http://127.0.0.1:${this.monitorPort}/jsz?accounts=true&streams=true&consumers=true`);
    return (await answer.json()) as JetStreamReport;
  }
}
