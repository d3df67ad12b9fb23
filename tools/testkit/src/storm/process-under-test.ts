import { setTimeout as wait } from 'node:timers/promises';

import { type Running, start } from '../processes.js';
import { until } from '../until.js';

export interface ProcessOptions {
  name: string;
  /** A script for the Node.js that runs this; null: `program` is run by itself. */
  script: string | null;
  program?: string;
  parameters: string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** Answers 200 once it serves. */
  readyUrl?: string;
  /** Printed once it serves, by what has no such address. */
  readyLine?: string;
}

/** A start takes seconds; a machine that is busy with other things may take minutes, and no fault of ours is in that. */
const startWithinMs = 240_000;
const restartAfterMs = 500;

/**
 * A program that the storm kills, stops and starts again, as a supervisor would. Of an end that nobody asked for it
 * keeps the status; an end before it was ready is none of those: it is started again until its stores are there.
 */
export class ProcessUnderTest {
  /** Ends, after it was ready, that the storm did not cause. */
  readonly unexplained: string[] = [];
  private running: Running | null = null;
  private wanted = false;
  private wasReady = false;
  private earlier = '';
  private starts = 0;
  /** As in CROSSTIE_FAULTS, for the next life alone. */
  private doom: string | null = null;
  private doomed = false;
  private keeper: Promise<void> = Promise.resolve();

  constructor(private readonly options: ProcessOptions) {}

  get name(): string {
    return this.options.name;
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  /** How often it was started. */
  get lives(): number {
    return this.starts;
  }

  /** Starts it and keeps it up from now on; does not wait. */
  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.keeper = this.keepUp();
  }

  /**
   * Starts it for one life in which it is to die at one of its fault points, and keeps it up after that. It must be
   * down. @returns whether it has died in time
   */
  async startDoomed(faults: string, withinMs: number): Promise<boolean> {
    this.doom = faults;
    this.start();
    const life = this.starts;
    const giveUp = performance.now() + withinMs;
    while (this.starts === life && this.running?.exitStatus() === null) {
      if (performance.now() > giveUp) return false;
      await wait(20);
    }
    return true;
  }

  /** Waits until it serves. */
  async ready(): Promise<void> {
    const ready = async (): Promise<boolean> => {
      if (await this.serves()) return true;
      throw new Error(`it has printed:\n${this.output().slice(-2000)}`);
    };
    await until(ready, `${this.name} to be ready`, startWithinMs);
  }

  async kill(): Promise<void> {
    this.wanted = false;
    this.signal('SIGKILL');
    await this.keeper;
  }

  /** For a moment it does nothing and does not know of it. */
  async pause(ms: number): Promise<void> {
    const { pid } = this;
    this.signal('SIGSTOP');
    await wait(ms);
    // The same process, or a later one that is not stopped anyway.
    if (pid === this.pid) this.signal('SIGCONT');
  }

  /** Asks it to end. @returns the exit status */
  async stop(): Promise<number | null> {
    this.wanted = false;
    this.signal('SIGCONT');
    await this.running?.stop();
    await this.keeper;
    return this.running?.exitStatus() ?? null;
  }

  /** Everything that it has printed, over all lives. */
  output(): string {
    return this.earlier + (this.running?.output() ?? '');
  }

  private async keepUp(): Promise<void> {
    while (this.wanted) {
      const life = this.launch();
      while (life.exitStatus() === null) {
        this.wasReady ||= await this.serves();
        await wait(this.wasReady ? 50 : 100);
      }
      if (!this.wanted) return;
      if (this.wasReady && !this.doomed)
        this.unexplained.push(`${this.name} (${life.pid}) ended with ${life.exitStatus()}`);
      await wait(restartAfterMs);
    }
  }

  private launch(): Running {
    const { script, program = process.execPath, parameters, env, logFile } = this.options;
    this.earlier = this.output();
    this.starts += 1;
    this.wasReady = false;
    // What Jest needs is nothing to a server.
    const clean = { NODE_OPTIONS: '', ...env, ...this.takeDoom() };
    this.running = start(
      program,
      script === null ? parameters : [script, ...parameters],
      clean,
      `${logFile}-${this.starts}.log`,
    );
    return this.running;
  }

  private takeDoom(): NodeJS.ProcessEnv {
    const { doom } = this;
    this.doom = null;
    this.doomed = doom !== null;
    return doom === null ? {} : { CROSSTIE_FAULTS: doom, CROSSTIE_ALLOW_FAULTS: 'yes' };
  }

  private async serves(): Promise<boolean> {
    const { readyUrl, readyLine } = this.options;
    if (this.running?.exitStatus() !== null) return false;
    if (readyUrl === undefined) return readyLine === undefined || this.running.output().includes(readyLine);
    const answer = await fetch(readyUrl, { signal: AbortSignal.timeout(2000) }).catch(() => null);
    await answer?.arrayBuffer().catch(() => null);
    return answer?.ok ?? false;
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.running && this.running.exitStatus() === null && this.running.pid > 0) {
      process.kill(this.running.pid, signal);
    }
  }
}
