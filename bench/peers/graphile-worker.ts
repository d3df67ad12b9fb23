import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';

/** graphile-worker as it comes, on a database of its own, with jobs that do nothing. */
export interface Peer {
  /** @returns milliseconds for one job, with so many under way */
  round(concurrency: number, jobs: number): Promise<number[]>;
  close(): Promise<void>;
}

const silent = new Logger(() => () => undefined);
/** As many connections as a service of Crosstie has. */
const poolSize = 10;

export async function openPeer(connectionString: string): Promise<Peer> {
  const pgPool = new pg.Pool({ connectionString, max: poolSize });
  // It asks for both listeners.
  pgPool.on('error', () => undefined);
  pgPool.on('connect', (client) => client.on('error', () => undefined));
  const utils = await makeWorkerUtils({ pgPool, logger: silent });
  await utils.migrate();
  return {
    async round(concurrency, jobs) {
      await pgPool.query(`SELECT graphile_worker.add_job('nothing', '{}'::json) FROM generate_series(1, ${jobs})`);
      const times: number[] = [];
      let allDone: () => void = () => undefined;
      const done = new Promise<void>((resolve) => (allDone = resolve));
      const runner = await run({
        pgPool,
        concurrency,
        noHandleSignals: true,
        logger: silent,
        taskList: {
          nothing: () => {
            times.push(performance.now());
            if (times.length === jobs) allDone();
          },
        },
      });
      await done;
      await runner.stop();
      // From the first job's start to the last one's: its own start-up is not counted.
      return [((times.at(-1) ?? 0) - (times[0] ?? 0)) / (jobs - 1)];
    },
    async close() {
      await utils.release();
      await pgPool.end();
    },
  };
}
