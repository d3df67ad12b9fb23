import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatorControl } from './control/client.js';
import { buildServer } from './http/server.js';
import { Contract } from './rest/contract.js';
import { Dispatcher } from './rest/dispatch.js';
import { operations } from './rest/operations.js';
import type { Switches } from './state/switches.js';
import { World } from './world.js';

export interface SimulatorOptions {
  /** 0 (the default) takes a free port. */
  port?: number;
  host?: string;
  /** Where the git repositories lie; left out: a folder that goes away on `close`. */
  dataDir?: string;
  switches?: Partial<Switches>;
}

/** A simulated GitHub that listens. */
export interface GitHubSimulator {
  /** The web base: `CROSSTIE_GITHUB_URL`, clone addresses, OAuth. */
  url: string;
  /** The REST base, GHES style: `CROSSTIE_GITHUB_API_URL`. */
  apiUrl: string;
  control: SimulatorControl;
  close(): Promise<void>;
}

/** Starts a simulated GitHub inside this process. */
export async function startGitHubSimulator(options: SimulatorOptions = {}): Promise<GitHubSimulator> {
  const ownFolder = options.dataDir === undefined;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'github-simulator-')));
  const world = new World(dataDir, options.switches);
  const contract = new Contract(world.received, world.clock);
  world.hooks.check = (event, payload) => contract.checkWebhook(event, payload);
  const dispatcher = new Dispatcher(world, contract, operations);
  const server = buildServer(world, dispatcher);
  const host = options.host ?? '127.0.0.1';
  await server.listen({ port: options.port ?? 0, host });
  const { port } = server.server.address() as AddressInfo;
  world.addresses.web = `http://${host}:${port}`;
  return {
    url: world.addresses.web,
    apiUrl: world.addresses.api,
    control: new SimulatorControl(world.addresses.web),
    async close() {
      await server.close();
      world.close();
      if (ownFolder) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
