import { Database, dropExpiredArtifacts } from '@crosstie/domain';
import { Clock, DirectoryStore, Logger, Loop, ObjectStore } from '@crosstie/platform';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';

const everyMs = 10 * 60_000;
const artifactsMax = 200;

/** Removes artifacts whose time is over, and what killed uploads left half written. */
@Injectable()
export class ArtifactSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;

  constructor(
    private readonly database: Database,
    private readonly store: ObjectStore,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    const run = (signal: AbortSignal) => this.pass(signal);
    this.loop = new Loop({ name: 'sweep of artifacts', intervalMs: everyMs, run, logger });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** One pass, for tests. */
  runOnce(): Promise<void> {
    return this.loop.runOnce();
  }

  private async pass(signal: AbortSignal): Promise<boolean> {
    if (this.store instanceof DirectoryStore) await this.store.removeAbandoned(this.clock.now());
    const dropped = await this.database.run(dropExpiredArtifacts, this.clock.now(), artifactsMax);
    for (const { object_key: key } of dropped) {
      if (signal.aborted) return false;
      await this.store.remove(key);
    }
    return dropped.length === artifactsMax;
  }
}
