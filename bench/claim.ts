import type { Bench, Ground } from './ground.ts';
import { openPeer } from './peers/graphile-worker.ts';
import { BenchQueue } from './queue.ts';
import type { Measured } from './report.ts';
import { inFlight, interleave, oneByOne, type Variant } from './rounds.ts';

const perRound = 400;
const alonePerRound = 60;
const snapshotClaims = 50_000;
const ahead = 1_000_000;

/** Row d: jobs given out a second against graphile-worker's, and one claim by how many wait. */
export const claim: Bench = {
  quick: true,
  targets: {
    'claim/crosstiex1': { to: 'graphile-workerx1', p50: 1 },
    'claim/crosstiex8': { to: 'graphile-workerx8', p50: 1 },
    'claim/crosstiex10': { to: 'graphile-workerx10', p50: 1 },
    'claim/crosstiex100': { to: 'graphile-workerx100', p50: 1 },
    'claim-pending/crosstie@100000': { to: 'crosstie@1000', p50: 1.3 },
    'claim-pending/crosstie@1000000': { to: 'crosstie@1000', p50: 1.3 },
    'claim-pending/behind-others@1000000': { to: 'crosstie@1000', p50: 1.3 },
    'claim-pending/behind-others@100000': { to: 'crosstie@1000', p50: 1.3 },
    'claim-pending-unsynced/crosstie@100000': { to: 'crosstie@1000', p50: 1.3 },
    'claim-pending-unsynced/crosstie@1000000': { to: 'crosstie@1000', p50: 1.3 },
    'claim-pending-unsynced/behind-others@1000000': { to: 'crosstie@1000', p50: 1.3 },
    'claim-pages/crosstie@1000000': { to: 'crosstie@1000', p50: 1.6 },
    'claim-pages/crosstie@100000': { to: 'crosstie@1000', p50: 1.6 },
    'claim-snapshot/last': { to: 'first', p50: 1.5 },
  },
  async run(ground) {
    const rates = await againstPeer(ground);
    await ground.clear();
    const flat = await byPending(ground);
    await ground.clear();
    return [...rates, ...flat, ...(ground.quick ? [] : await underSnapshot(ground))];
  },
};

async function againstPeer(ground: Ground): Promise<Measured[]> {
  const queue = await BenchQueue.make(ground, 'claim_rate');
  const jobs = perRound * 3;
  await queue.fill(await queue.project(1), jobs);
  await queue.settle();
  const peer = await openPeer(await ground.emptyDatabase('graphile'));
  ground.after(() => peer.close());
  const widths = ground.quick ? [8] : [1, 8, 10, 100];
  const variants = widths.flatMap((conns): Variant[] => {
    const n = conns === 1 ? perRound / 2 : perRound;
    const takeAll = () => inFlight(() => queue.claim(), conns, n);
    return [
      { bench: 'claim', variant: 'crosstie', conns, round: takeAll },
      { bench: 'claim', variant: 'graphile-worker', conns, round: () => peer.round(conns, n) },
    ];
  });
  return interleave(ground.rounds(10), variants, () => queue.putBack());
}

/** One claim at a time, by how many jobs wait; with and without waiting for the disk, which hides the statement. */
async function byPending(ground: Ground): Promise<Measured[]> {
  const sizes = ground.quick ? [1000, 100_000] : [100, 1000, 10_000, 1_000_000];
  const queues: [string, number, BenchQueue][] = [];
  for (const size of sizes) queues.push(['crosstie', size, await filled(ground, `claim_${size}`, size, 0)]);
  const others = ground.quick ? 100_000 : ahead;
  queues.push(['behind-others', others, await filled(ground, 'claim_others', 1000, others)]);
  const variants = queues.map(([variant, size, queue]): Variant => {
    const round = async (): Promise<number[]> => {
      const times = await oneByOne(() => queue.claim(), alonePerRound, 0);
      await queue.putBack();
      return times;
    };
    return { bench: 'claim-pending', variant, size, round };
  });
  const synced = await interleave(ground.rounds(10), variants);
  for (const [, , { db }] of queues) db.pool.on('connect', (client) => void client.query(withoutDisk));
  for (const [, , { db }] of queues) await reconnect(db.pool);
  const unsynced = await interleave(ground.rounds(10), variants);
  const pages: Measured[] = [];
  for (const [variant, size, queue] of queues) {
    await queue.settle();
    await queue.pagesOfClaim();
    pages.push({ bench: 'claim-pages', variant, size, unit: 'pages', rounds: [[await queue.pagesOfClaim()]] });
  }
  const named = unsynced.map((measured) => ({ ...measured, bench: 'claim-pending-unsynced' }));
  return [...synced, ...named, ...pages];
}

const withoutDisk = 'SET synchronous_commit = off';

async function reconnect(pool: BenchQueue['db']['pool']): Promise<void> {
  const clients = await Promise.all(Array.from({ length: pool.totalCount || 1 }, () => pool.connect()));
  for (const client of clients) {
    await client.query(withoutDisk);
    client.release();
  }
}

async function filled(ground: Ground, name: string, size: number, others: number): Promise<BenchQueue> {
  const queue = await BenchQueue.make(ground, name, 2);
  const project = await queue.project(1);
  if (others > 0) await queue.fill(project, others, ['nobody-has-this']);
  await queue.fill(await queue.project(2), size);
  await queue.settle();
  return queue;
}

/** Somebody holds an old snapshot, so that nothing which was taken out of the queue can be cleaned away. */
async function underSnapshot(ground: Ground): Promise<Measured[]> {
  const queue = await BenchQueue.make(ground, 'claim_snapshot');
  await queue.fill(await queue.project(1), snapshotClaims + 5000);
  await queue.settle();
  const holder = await queue.db.pool.connect();
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await holder.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  await holder.query('SELECT count(*) FROM project');
  const first = await oneByOne(() => queue.claim(), 500, 0);
  await inFlight(() => queue.claim(), 8, snapshotClaims - 1000);
  const last = await oneByOne(() => queue.claim(), 500, 0);
  await holder.query('COMMIT');
  holder.release();
  const line = (variant: string, times: number[]): Measured => ({ bench: 'claim-snapshot', variant, rounds: [times] });
  return [line('first', first), line('last', last)];
}
