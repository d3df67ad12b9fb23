import { constants } from 'node:os';
import { join } from 'node:path';

import { crosstie, type Running, start } from '../processes.js';
import { freePort } from '../free-port.js';
import { until } from '../until.js';

const killed = 128 + constants.signals.SIGKILL;

export interface ServeOptions {
  /** Where data and logs lie. */
  directory: string;
  github: string;
  /** Null: the embedded database of `crosstie serve`. */
  databaseUrl: string | null;
}

/** `crosstie serve` as an operator runs it: one server that is started, killed and started again on one port. */
export class Serve {
  private running: Running | null = null;
  private starts = 0;
  private earlier = '';

  private constructor(
    readonly url: string,
    private readonly port: number,
    private readonly metricsPort: number,
    private readonly options: ServeOptions,
  ) {}

  static async at(options: ServeOptions): Promise<Serve> {
    const port = await freePort();
    return new Serve(`http://127.0.0.1:${port}`, port, await freePort(), options);
  }

  /** Where logs and artifacts lie. */
  get objects(): string {
    return join(this.options.directory, 'data/objects');
  }

  /** Starts it and does not wait. */
  launch(env: NodeJS.ProcessEnv = {}): Running {
    const { directory, github, databaseUrl } = this.options;
    const parameters = [crosstie, 'serve', '--data', join(directory, 'data'), '--port', String(this.port)];
    this.earlier = this.output();
    this.starts += 1;
    this.running = start(
      process.execPath,
      parameters,
      {
        // What Jest needs is nothing to the server.
        NODE_OPTIONS: '',
        CROSSTIE_URL: this.url,
        CROSSTIE_GITHUB_URL: github,
        CROSSTIE_GITHUB_API_URL: `${github}/api/v3`,
        CROSSTIE_METRICS_PORT: String(this.metricsPort),
        CROSSTIE_LOG_FORMAT: 'json',
        CROSSTIE_RECOVERY_INTERVAL: '1s',
        CROSSTIE_JOB_ACK_TIMEOUT: '2s',
        ...(databaseUrl === null ? {} : { CROSSTIE_DATABASE_URL: databaseUrl }),
        ...env,
      },
      join(directory, `serve-${this.starts}.log`),
    );
    return this.running;
  }

  /** Ends what runs, starts anew and waits until it serves. @param faults as in CROSSTIE_FAULTS */
  async start(faults = ''): Promise<void> {
    await this.running?.stop();
    const running = this.launch(faults === '' ? {} : { CROSSTIE_FAULTS: faults, CROSSTIE_ALLOW_FAULTS: 'yes' });
    const ready = await until(
      async () => running.exitStatus() !== null || (await fetch(`${this.url}/readyz`)).ok,
      'the server to be ready',
      30_000,
    );
    if (ready && running.exitStatus() !== null) {
      throw new Error(`it ended with status ${running.exitStatus()}:\n${running.output().slice(-2000)}`);
    }
  }

  /** What it counts. */
  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
  }

  /** Ends it at once, whatever it is doing. */
  async kill(): Promise<void> {
    const { running } = this;
    if (!running) throw new Error('it does not run');
    process.kill(running.pid, 'SIGKILL');
    await until(() => running.exitStatus() !== null, 'the process to be gone');
  }

  /** Waits until the process has killed itself. */
  async died(): Promise<void> {
    const status = await until(() => this.running?.exitStatus(), 'the process to be killed at its fault point', 20_000);
    if (status !== killed)
      throw new Error(`it ended with ${status} and was not killed:\n${this.output().slice(-2000)}`);
  }

  /** Asks it to end. @returns the exit status */
  async stop(): Promise<number | null> {
    await this.running?.stop();
    return this.running?.exitStatus() ?? null;
  }

  /** Everything that it has printed, over all starts. */
  output(): string {
    return this.earlier + (this.running?.output() ?? '');
  }
}
