import { type ChildProcess, spawn } from 'node:child_process';

import { freePort } from './free-port.js';

export interface NatsServer {
  url: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
  /** Ends it without a chance to write anything. */
  kill(): Promise<void>;
}

/**
 * Starts the machine's nats-server with JetStream on loopback.
 *
 * @param store where it keeps its streams
 * @param monitorPort where it tells about itself over HTTP
 * @param configuration a file with more, such as its users
 * @returns null where there is no nats-server
 */
export async function startNatsServer(
  store: string,
  onPort?: number,
  monitorPort?: number,
  configuration?: string,
): Promise<NatsServer | null> {
  const port = onPort ?? (await freePort());
  const monitor = monitorPort === undefined ? [] : ['-m', String(monitorPort)];
  const more = configuration === undefined ? [] : ['-c', configuration];
  const child = spawn(
    'nats-server',
    ['-a', '127.0.0.1', '-p', String(port), ...monitor, ...more, '-js', '-sd', store],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const started = await new Promise<boolean>((done) => {
    child.once('error', () => done(false));
    child.once('exit', () => done(false));
    child.stderr.on('data', (chunk: Buffer) => {
      if (chunk.includes('Server is ready')) done(true);
    });
  });
  if (!started) return null;
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill(signal);
  await gone;
}
