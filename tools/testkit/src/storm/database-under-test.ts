import { setTimeout as wait } from 'node:timers/promises';

import { type EmbeddedDatabase, startEmbeddedDatabase } from '@crosstie/embedded-database';

const restartWithinMs = 30_000;

/** A PostgreSQL of the storm's own, which is killed and started again on its directory. */
export class DatabaseUnderTest {
  /** When it was killed. */
  readonly ends: number[] = [];

  private constructor(
    private readonly directory: string,
    private server: EmbeddedDatabase,
  ) {}

  static async start(directory: string): Promise<DatabaseUnderTest> {
    return new DatabaseUnderTest(directory, await launch(directory));
  }

  /** The owner's, past the bad wire. */
  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return Number(new URL(this.server.url).port);
  }

  /** Ends it without a shutdown. SIGQUIT is what `pg_ctl -m immediate` sends. */
  kill(signal: 'SIGKILL' | 'SIGQUIT'): void {
    this.ends.push(Date.now());
    process.kill(this.server.pid, signal);
  }

  /** Starts it again; its orphans of a SIGKILL may hold its memory for a moment. */
  async startAgain(): Promise<void> {
    const giveUp = performance.now() + restartWithinMs;
    for (;;) {
      try {
        this.server = await launch(this.directory);
        return;
      } catch (error) {
        if (performance.now() > giveUp) throw error;
        await wait(200);
      }
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}

function launch(directory: string): Promise<EmbeddedDatabase> {
  return startEmbeddedDatabase({ directory, fsync: false, settings: ['max_connections=300'] });
}
