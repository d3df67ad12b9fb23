import { Database, recordAudit, recordManager, removeManager, touchManagers } from '@crosstie/domain';
import { Clock, Forbidden, Logger, Loop } from '@crosstie/platform';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import type { RunnerInfo } from './runner-body.js';

const managersMax = 1_000;
const writeEveryMs = 60_000;
const rememberedMax = 50_000;

interface Manager {
  id: number;
  /** What it said of itself; another word is written at once. */
  said: string;
  heardAt: Date;
  written: boolean;
}

/**
 * Who runs with which runner's token. Kept in memory, so that a poll writes nothing; times of contact go to
 * the database once a minute, in one statement.
 */
@Injectable()
export class Managers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly byName = new Map<string, Manager>();
  private readonly writing: Loop;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    const run = () => this.writeTimes();
    this.writing = new Loop({ name: 'contact times of runners', intervalMs: writeEveryMs, run, logger });
  }

  onApplicationBootstrap(): void {
    this.writing.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.writing.stop();
    await this.writeTimes();
  }

  /** The manager that speaks, if it says of itself what it said before. */
  known(runnerId: number, systemId: string, info: RunnerInfo, address: string): number | null {
    const known = this.byName.get(`${runnerId}/${systemId}`);
    if (known?.said !== wordsOf(info, address)) return null;
    known.heardAt = this.clock.now();
    known.written = false;
    return known.id;
  }

  /** The manager that speaks. Throws Forbidden when the runner would have too many. */
  async heard(runnerId: number, systemId: string, info: RunnerInfo, address: string): Promise<number> {
    const known = this.known(runnerId, systemId, info, address);
    if (known !== null) return known;
    const now = this.clock.now();
    const { version, revision, platform, architecture, executor } = info;
    const about = [version, revision, platform, architecture, executor, address] as const;
    const graceful = cancelsGracefully(info);
    const row = await this.database.first(recordManager, runnerId, systemId, ...about, now, managersMax, graceful);
    if (!row) throw new Forbidden(`This runner token is used on ${managersMax} hosts; remove some of them.`);
    if (row.is_notable) {
      const about = { action: 'runner.manager_added', entityType: 'runner', entityId: runnerId } as const;
      await recordAudit(this.database, { actorId: null, ...about, details: { systemId, address } });
    }
    if (this.byName.size >= rememberedMax) this.byName.clear();
    const said = wordsOf(info, address);
    this.byName.set(`${runnerId}/${systemId}`, { id: row.id, said, heardAt: now, written: true });
    return row.id;
  }

  /** False when there is no such manager. The runner and its other managers stay. */
  async remove(runnerId: number, systemId: string): Promise<boolean> {
    this.byName.delete(`${runnerId}/${systemId}`);
    return (await this.database.first(removeManager, runnerId, systemId)) !== null;
  }

  private async writeTimes(): Promise<void> {
    const due = [...this.byName.values()].filter((manager) => !manager.written);
    if (due.length === 0) return;
    for (const manager of due) manager.written = true;
    await this.database.run(
      touchManagers,
      due.map((manager) => manager.id),
      due.map((manager) => manager.heardAt),
    );
  }
}

function wordsOf(info: RunnerInfo, address: string): string {
  const { version, revision, platform, architecture, executor } = info;
  return [version, revision, platform, architecture, executor, address, cancelsGracefully(info)].join('\n');
}

// `verify` of older runners brings no features at all, and of such a word nothing is to be learned.
function cancelsGracefully({ features }: RunnerInfo): boolean {
  return features.size === 0 || features.has('cancel_gracefully');
}
