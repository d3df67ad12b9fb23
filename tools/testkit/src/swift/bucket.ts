import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { freePort } from '../free-port.js';
import { type Running, start } from '../processes.js';
import { until } from '../until.js';

/** A bucket of a real S3-compatible server of our own. */
export interface TestBucket {
  /** As CROSSTIE_OBJECT_STORE takes it. */
  address: string;
  /** What the client must find in its environment. */
  credentials: { AWS_ACCESS_KEY_ID: string; AWS_SECRET_ACCESS_KEY: string };
  /** Ends the server at once; it can be started again with what it holds. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The one that Debian's packages work with. */
const python = '/usr/bin/python3';
const program = resolve(import.meta.dirname, '../../src/swift/serve.py');
const bucket = 'crosstie';

/** For people: OpenStack Swift with its version, or null where there is none (Debian: python3-swift). */
export async function findSwift(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', 'import swift; print(swift.__version__)']);
    return `OpenStack Swift ${stdout.trim()}`;
  } catch {
    return null;
  }
}

/** Starts Swift with its S3 interface on loopback, on a directory of its own, with one empty bucket. */
export async function startBucket(): Promise<TestBucket> {
  const directory = await mkdtemp(join(tmpdir(), 'crosstie-swift-'));
  const port = await freePort();
  let running: Running | null = null;
  const launch = async (): Promise<void> => {
    const parameters = [program, directory, String(port), bucket];
    const server = start(python, parameters, {}, join(directory, 'serve.log'));
    running = server;
    const served = () => server.exitStatus() !== null || server.output().includes('serving');
    await until(served, 'Swift to serve', 60_000);
    if (server.exitStatus() !== null) throw new Error(`Swift ended:\n${server.output().slice(-2_000)}`);
  };
  const kill = async (): Promise<void> => {
    if (running) process.kill(running.pid, 'SIGKILL');
    await until(() => running?.exitStatus() !== null, 'Swift to end');
  };
  await launch();
  const endpoint = encodeURIComponent(`http://127.0.0.1:${port}`);
  return {
    address: `s3://${bucket}/a/prefix?endpoint=${endpoint}&pathStyle=true&region=us-east-1`,
    credentials: { AWS_ACCESS_KEY_ID: 'test:tester', AWS_SECRET_ACCESS_KEY: 'testing' },
    kill,
    restart: launch,
    async stop() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
