import { join } from 'node:path';

import type { ServiceName } from '@crosstie/messaging';

import { crosstie, type Running, start } from '../processes.js';
import { freePort } from '../free-port.js';
import { until } from '../until.js';

/** A machine that is busy with other things may take minutes over what takes seconds. */
const readyWithinMs = 180_000;

/** One `crosstie service NAME`, as its image runs it, that may be killed and started again on the same port. */
export class ServiceProcess {
  private running: Running | null = null;
  private earlier = '';
  private starts = 0;

  private constructor(
    readonly name: ServiceName,
    readonly port: number,
    readonly metricsPort: number,
    private readonly directory: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Chooses its ports; nothing runs yet. @param directory where its output is kept */
  static async of(name: ServiceName, directory: string, env: NodeJS.ProcessEnv): Promise<ServiceProcess> {
    return new ServiceProcess(name, await freePort(), await freePort(), directory, env);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  /** Null while it runs; 128 and the signal's number where a signal ended it. */
  get exitStatus(): number | null {
    return this.running?.exitStatus() ?? null;
  }

  /** Starts it and does not wait. @param added variables for this start alone, such as CROSSTIE_FAULTS */
  launch(added: NodeJS.ProcessEnv = {}): void {
    this.earlier = this.output();
    this.starts += 1;
    const env = {
      // What Jest needs is nothing to a service.
      NODE_OPTIONS: '',
      ...this.env,
      CROSSTIE_PORT: String(this.port),
      CROSSTIE_METRICS_PORT: String(this.metricsPort),
      ...added,
    };
    const log = join(this.directory, `${this.name}-${this.port}-${this.starts}.log`);
    this.running = start(process.execPath, [crosstie, 'service', this.name], env, log);
  }

  /** Waits until it says that it can serve; its end is an error that shows its last lines. */
  async ready(): Promise<void> {
    await until(
      async () => this.exitStatus !== null || (await fetch(`${this.url}/readyz`)).ok,
      `${this.name} to be ready`,
      readyWithinMs,
    );
    if (this.exitStatus !== null) {
      throw new Error(`${this.name} ended with status ${this.exitStatus}:\n${this.output().slice(-2000)}`);
    }
  }

  /** Sends a signal to the process itself, and to nobody else. */
  signal(signal: NodeJS.Signals): void {
    if (this.exitStatus === null && this.pid > 0) process.kill(this.pid, signal);
  }

  /** Waits for an end that somebody else causes. @returns the exit status */
  async ended(): Promise<number> {
    return until(() => this.exitStatus, `the end of ${this.name}`, 35_000);
  }

  /** Asks it to end, and waits. @returns the exit status */
  async stop(): Promise<number | null> {
    await this.running?.stop();
    return this.exitStatus;
  }

  /** Everything that it has printed, over all starts. */
  output(): string {
    return this.earlier + (this.running?.output() ?? '');
  }

  /** Resident memory, as it tells it itself. */
  async memoryMb(): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
    const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1];
    return Math.round(Number(bytes) / 1_048_576);
  }
}
