import { Database, watchTraces } from '@crosstie/domain';
import { Clock, Logger } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';

/** Longer than a runner that is unwatched waits between two calls, so that it hears of it in any case. */
const watchedMs = 60_000;
const renewMs = 20_000;
const rememberedMax = 10_000;

/**
 * Who reads along, as far as runners have to know: they send the log of a watched job every few seconds and that of
 * another one twice a minute. Reading waits for none of this, and a mark that was lost is set with the next window.
 */
@Injectable()
export class LogWatchers {
  private readonly noted = new Map<number, number>();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /** Somebody reads these logs now. Cheap: a statement for what was not noted in the last seconds, none otherwise. */
  note(jobIds: readonly number[]): void {
    const now = this.clock.ms();
    const due = jobIds.filter((id) => (this.noted.get(id) ?? 0) + renewMs <= now);
    if (due.length === 0) return;
    if (this.noted.size + due.length > rememberedMax) this.noted.clear();
    for (const id of due) this.noted.set(id, now);
    const until = new Date(now + watchedMs);
    this.database.run(watchTraces, due, until, this.clock.now()).catch((error: unknown) => {
      this.logger.warn('runners could not be told that somebody reads along', { err: error });
    });
  }
}
