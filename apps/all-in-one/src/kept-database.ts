import { type EmbeddedDatabase, startEmbeddedDatabase } from '@crosstie/embedded-database';
import type { Logger } from '@crosstie/platform';

/** Tries in a row to start it anew; one that cannot be started so often does not come back by being asked again. */
const triesMax = 5;
const pauseMs = 500;

/**
 * The PostgreSQL of one server. It runs -> ends by itself -> is started anew on its port, where the services' pools
 * find it -> runs; or is stopped. What it had not committed when it ended is gone, as after every crash of it.
 */
export class KeptDatabase {
  private stopping = false;
  private restart: Promise<void> = Promise.resolve();

  private constructor(
    private database: EmbeddedDatabase,
    private readonly directory: string,
    private readonly logger: Logger,
    private readonly onLost: (error: unknown) => void,
  ) {
    this.watch();
  }

  /** @param onLost called once when it cannot be had back */
  static async start(directory: string, logger: Logger, onLost: (error: unknown) => void): Promise<KeptDatabase> {
    return new KeptDatabase(await launch(directory, logger), directory, logger, onLost);
  }

  get url(): string {
    return this.database.url;
  }

  get pid(): number {
    return this.database.pid;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.database.stop();
    // One that was being started meanwhile.
    await this.restart;
    await this.database.stop();
  }

  private watch(): void {
    this.restart = this.restartAfter(this.database).catch((error: unknown) => {
      if (!this.stopping) this.onLost(error);
    });
  }

  private async restartAfter({ ended, pid, url }: EmbeddedDatabase): Promise<void> {
    await ended;
    if (this.stopping) return;
    this.logger.error('the embedded database ended by itself and is started anew', { pid });
    this.database = await this.launchAgain();
    if (this.database.url !== url) throw new Error('Another process has taken the port of the embedded database');
    this.watch();
  }

  private async launchAgain(): Promise<EmbeddedDatabase> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await launch(this.directory, this.logger);
      } catch (error) {
        if (tries === triesMax || this.stopping) throw error;
        // Its processes may take a moment to notice that they are orphans; until then they hold its memory.
        this.logger.warn('the embedded database does not start', { err: error });
        await new Promise((resolve) => setTimeout(resolve, pauseMs * tries));
      }
    }
  }
}

async function launch(directory: string, logger: Logger): Promise<EmbeddedDatabase> {
  const log = logger.child({ part: 'postgresql' });
  const database = await startEmbeddedDatabase({ directory, onLog: (line) => log.debug(line) });
  logger.info('the embedded database is up', { pid: database.pid });
  return database;
}
