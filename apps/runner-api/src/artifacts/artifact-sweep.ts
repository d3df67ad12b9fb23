import { Database, dropExpiredArtifacts, unnamedObjects } from '@crosstie/domain';
import { Clock, DirectoryStore, Logger, metrics, ObjectStore, Sweep } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';

const everyMs = 10 * 60_000;
const artifactsMax = 200;
/** Longer than an upload may take: an object is there before its row. */
const orphanAgeMs = 24 * 3_600_000;
const orphansEveryMs = 24 * 3_600_000;
const keysAtOnce = 500;

const swept = metrics.counter('orphans_swept_total', 'Objects that no row named, removed', []);

/** Removes artifacts whose time is over, what killed uploads left half written, and objects that no row names. */
@Injectable()
export class ArtifactSweep extends Sweep {
  private orphansDueAt: number;

  constructor(
    private readonly database: Database,
    private readonly store: ObjectStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    super({ name: 'sweep of artifacts', intervalMs: everyMs, logger });
    // Spread over the day, since every process looks for itself, and reading the list of all objects takes a while.
    this.orphansDueAt = clock.ms() + Math.random() * orphansEveryMs;
  }

  /** Objects whose rows were never written: a process was killed between the two. Harmless when done twice. */
  async sweepOrphans(signal?: AbortSignal): Promise<void> {
    const before = new Date(this.clock.ms() - orphanAgeMs);
    for (const kind of ['artifacts', 'traces'] as const) {
      let keys: string[] = [];
      for await (const key of this.store.keysBefore(kind, before)) {
        keys.push(key);
        if (keys.length < keysAtOnce) continue;
        if (signal?.aborted) return;
        await this.removeUnnamed(keys);
        keys = [];
      }
      await this.removeUnnamed(keys);
    }
  }

  private async removeUnnamed(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    for (const { object_key: key } of await this.database.run(unnamedObjects, keys)) {
      await this.store.remove(key);
      swept.inc();
      this.logger.info('an object that nothing names was removed', { objectKey: key });
    }
  }

  protected async pass(signal: AbortSignal): Promise<boolean> {
    if (this.clock.ms() >= this.orphansDueAt) {
      this.orphansDueAt = this.clock.ms() + orphansEveryMs;
      await this.sweepOrphans(signal);
    }
    if (this.store instanceof DirectoryStore) await this.store.removeAbandoned(this.clock.now());
    const dropped = await this.database.run(dropExpiredArtifacts, this.clock.now(), artifactsMax);
    for (const { object_key: key } of dropped) {
      if (signal.aborted) return false;
      await this.store.remove(key);
    }
    return dropped.length === artifactsMax;
  }
}
