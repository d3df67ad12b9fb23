import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** How bytes pass: as they come, late, or not at all while both ends believe that they are connected. */
export type Passage = { kind: 'pass' } | { kind: 'delay'; ms: number } | { kind: 'black_hole' };

/** Stands between two programs and makes their wire a bad one. */
export class TcpProxy {
  private passage: Passage = { kind: 'pass' };
  private readonly pairs = new Set<Pair>();

  private constructor(
    private readonly server: Server,
    private readonly target: () => number,
    private readonly hear: (piece: Buffer) => void,
  ) {}

  /**
   * @param target the port of 127.0.0.1 behind it, asked anew for each connection
   * @param hear is given every piece that comes, from either side
   */
  static async start(target: () => number, hear: (piece: Buffer) => void = () => undefined): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server, target, hear);
    server.on('connection', (client) => proxy.accept(client));
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(0, '127.0.0.1', done);
    });
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** For all connections, those that are open included. What a black hole has swallowed stays lost. */
  set(passage: Passage): void {
    const heals = this.passage.kind === 'black_hole' && passage.kind !== 'black_hole';
    this.passage = passage;
    // A stream with a hole in it must not go on.
    if (heals) for (const pair of this.pairs) if (pair.swallowed) pair.cut();
  }

  /** Resets every connection that is open. */
  cut(): void {
    for (const pair of this.pairs) pair.cut();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  private accept(client: Socket): void {
    const pair = new Pair(
      client,
      connect({ port: this.target(), host: '127.0.0.1', allowHalfOpen: true }),
      () => this.passage,
    );
    for (const socket of pair.ends) socket.on('data', this.hear);
    this.pairs.add(pair);
    pair.onGone = () => this.pairs.delete(pair);
  }
}

class Pair {
  swallowed = false;
  onGone: () => void = () => undefined;

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly passage: () => Passage,
  ) {
    this.join(client, upstream);
    this.join(upstream, client);
  }

  get ends(): readonly Socket[] {
    return [this.client, this.upstream];
  }

  cut(): void {
    for (const socket of [this.client, this.upstream]) if (!socket.destroyed) socket.resetAndDestroy();
    this.onGone();
  }

  private join(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    // In order, also when the delay changes between two pieces.
    let before: Promise<void> = Promise.resolve();
    const later = (work: () => void): void => {
      const passage = this.passage();
      const ready = passage.kind === 'delay' ? new Promise<void>((done) => setTimeout(done, passage.ms)) : null;
      before = Promise.all([before, ready]).then(work);
    };
    from.on('data', (piece: Buffer) => {
      if (this.passage().kind === 'black_hole') {
        this.swallowed = true;
        return;
      }
      later(() => {
        if (!to.destroyed && !to.write(piece)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    });
    from.on('end', () => later(() => void to.end()));
    from.on('error', () => this.cut());
    from.on('close', () => {
      if (from.errored) this.cut();
      else later(() => void (to.destroyed || to.end()));
      if (to.destroyed) this.onGone();
    });
  }
}
