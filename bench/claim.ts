import type { Bench, Ground } from './ground.ts';
import { openPeer } from './peers/graphile-worker.ts';
import { BenchQueue } from './queue.ts';
import type { Measured } from './report.ts';
import { inFlight, interleave, oneByOne, type Variant } from './rounds.ts';

const perRound = 400;
const alonePerRound = 40;
const snapshotClaims = 50_000;

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
    'claim-pending-unsynced/behind-others@100000': { to: 'crosstie@1000', p50: 1.3 },
    'claim-pages/crosstie@1000000': { to: 'crosstie@1000', p50: 1.6 },
    'claim-pages/crosstie@100000': { to: 'crosstie@1000', p50: 1.6 },
    'claim-snapshot/crosstie': { to: 'without', p50: 1.5 },
    'claim-snapshot-pages/crosstie': { max: 100 },
  },
  async run(ground) {
    const rates = await againstPeer(ground);
    await ground.clear();
    const flat = await byPending(ground);
    await ground.clear();
    return [...rates, ...flat];
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

interface Waiting {
  variant: string;
  size: number;
  tags: string[];
  queue: BenchQueue;
}

/** One claim at a time, by how many jobs wait; with and without waiting for the disk, which hides the statement. */
async function byPending(ground: Ground): Promise<Measured[]> {
  const small = ground.quick ? [1000] : [100, 1000, 10_000];
  const large = ground.quick ? 100_000 : 1_000_000;
  const waiting: Waiting[] = [];
  for (const size of small) {
    const queue = await BenchQueue.make(ground, `claim_${size}`, 2);
    await queue.fill(await queue.project(1), size);
    waiting.push({ variant: 'crosstie', size, tags: [], queue });
  }
  // One runner may take the many, the other one only what stands beside them.
  const queue = await BenchQueue.make(ground, 'claim_many');
  await queue.fill(await queue.project(1), large, ['many']);
  await queue.fill(await queue.project(2), 1000);
  waiting.push({ variant: 'crosstie', size: large, tags: ['many'], queue });
  waiting.push({ variant: 'behind-others', size: large, tags: [], queue });
  for (const one of waiting) await one.queue.settle();
  const rounds = ground.rounds(10);
  const synced = await interleave(
    rounds,
    waiting.map((one) => pendingVariant('claim-pending', one, true)),
  );
  const unsynced = await interleave(
    rounds,
    waiting.map((one) => pendingVariant('claim-pending-unsynced', one, false)),
  );
  const pages: Measured[] = [];
  for (const one of waiting) pages.push(await pagesOf(one));
  return [...synced, ...unsynced, ...pages, ...(await snapshotOf(ground, queue))];
}

async function snapshotOf(ground: Ground, queue: BenchQueue): Promise<Measured[]> {
  if (ground.quick) return [];
  const beside = await BenchQueue.make(ground, 'claim_beside', 2);
  await beside.fill(await beside.project(1), 1000);
  await beside.settle();
  return underSnapshot(queue, beside, ground.rounds(10));
}

function pendingVariant(bench: string, { variant, size, tags, queue }: Waiting, synced: boolean): Variant {
  const round = async (): Promise<number[]> => {
    await queue.takeOnly(tags);
    await queue.waitForDisk(synced);
    const times = await oneByOne(() => queue.claim(), alonePerRound, 0);
    await queue.putBack();
    return times;
  };
  return { bench, variant, size, round };
}

async function pagesOf({ variant, size, tags, queue }: Waiting): Promise<Measured> {
  await queue.takeOnly(tags);
  await queue.settle();
  await queue.pagesOfClaim();
  return { bench: 'claim-pages', variant, size, unit: 'pages', rounds: [[await queue.pagesOfClaim()]] };
}

/**
 * Somebody holds an old snapshot, so that nothing which was taken out of the queue can be cleaned away: claims after
 * 50,000 others, against claims from a queue beside it where nobody holds one.
 */
async function underSnapshot(queue: BenchQueue, beside: BenchQueue, rounds: number): Promise<Measured[]> {
  await queue.takeOnly(['many']);
  await queue.waitForDisk(true);
  const holder = await queue.db.pool.connect();
  await holder.query('SET idle_in_transaction_session_timeout = 0');
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await holder.query('SELECT count(*) FROM project');
  await inFlight(() => queue.claim(), 8, snapshotClaims);
  const line = (variant: string, of: BenchQueue): Variant => {
    return { bench: 'claim-snapshot', variant, round: () => oneByOne(() => of.claim(), alonePerRound, 0) };
  };
  const measured = await interleave(rounds, [line('crosstie', queue), line('without', beside)]);
  const pages = {
    bench: 'claim-snapshot-pages',
    variant: 'crosstie',
    unit: 'pages',
    rounds: [[await queue.pagesOfClaim()]],
  };
  await holder.query('COMMIT');
  holder.release();
  return [...measured, pages];
}
