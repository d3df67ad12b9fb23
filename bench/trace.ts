import { createHash, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { crc32, gzip } from 'node:zlib';

import { appendChunk, createDataSource, Database } from '@crosstie/domain';
import { repository, ScriptedRunner, type ScriptedJob } from '@crosstie/testkit';

import type { Bench, Ground } from './ground.ts';
import { type House, startHouse } from './house.ts';
import type { Measured } from './report.ts';
import { inFlight, interleave, oneByOne, type Variant } from './rounds.ts';

const pieceBytes = 30 * 1024;
const perRound = 60;
const jobs = 8;
const megabyte = 1024 * 1024;
const pack = promisify(gzip);

interface Log extends ScriptedJob {
  size: number;
  /** Of all that was sent. */
  crc: number;
}

/** Row e: a piece of log of 30 KB, through HTTP against its bare statement; by the log's length; WAL for each byte. */
export const trace: Bench = {
  quick: false,
  targets: {
    // At least 0.7 of the bare statement's throughput.
    'trace/crosstiex8': { to: 'statementx8', p50: 1.429 },
    'trace-wal/crosstie': { max: 0.35 },
    [`trace-append/crosstie@${50 * megabyte}`]: { to: `crosstie@${megabyte}`, p50: 1.2 },
    [`trace-tail/crosstie@${50 * megabyte}`]: { to: `crosstie@${megabyte}`, p50: 1.2 },
  },
  async run(ground) {
    const house = await startHouse(ground, 'trace');
    if (!house) return [];
    const logs = await runningJobs(house, jobs + 2 + jobs);
    const database = await openDatabase(ground, house);
    const [through, bare, byLength] = [logs.slice(0, jobs), logs.slice(jobs, jobs * 2), logs.slice(jobs * 2)];
    const rates = await interleave(ground.rounds(10), [
      variant('crosstie', through, (log) => append(house, log)),
      variant('statement', bare, (log) => appendBare(database, log)),
    ]);
    return [...rates, await wal(ground, house, through), ...(await byLogLength(ground, house, byLength))];
  },
};

function variant(name: string, logs: readonly Log[], once: (log: Log) => Promise<void>): Variant {
  // Each log is written by one at a time, as by its runner.
  const round = async (): Promise<number[]> => {
    const free = [...logs];
    const next = async (): Promise<void> => {
      const log = free.pop();
      if (!log) throw new Error('More are under way than there are logs');
      await once(log);
      free.push(log);
    };
    return inFlight(next, logs.length, perRound * 2);
  };
  return { bench: 'trace', variant: name, conns: logs.length, round };
}

async function runningJobs(house: House, n: number): Promise<Log[]> {
  const file = Array.from({ length: n }, (_, at) => `job${at}:\n  script: [echo ${at}]\n`).join('');
  await house.github.push(repository, { pusher: 'dana', files: { 'gitlab/.gitlab-ci.yml': file } });
  const runner = new ScriptedRunner(house.runnerUrl, house.runnerToken);
  const logs: Log[] = [];
  while (logs.length < n) {
    const job = await runner.take();
    await runner.update(job, { state: 'running' });
    logs.push({ ...job, size: 0, crc: 0 });
  }
  return logs;
}

async function openDatabase(ground: Ground, house: House): Promise<Database> {
  const dataSource = createDataSource({ url: house.databaseUrl, applicationName: 'bench' });
  await dataSource.initialize();
  ground.after(() => dataSource.destroy());
  return new Database(dataSource);
}

/** Text as builds write it: it packs to about a fifth. */
function piece(): Buffer {
  const lines: string[] = [];
  for (let size = 0; size < pieceBytes; size += (lines.at(-1)?.length ?? 0) + 1) {
    const hash = randomBytes(6).toString('hex');
    lines.push(
      `[${lines.length}] Compiling src/module-${lines.length % 37}/component-${hash}.ts ... done in ${lines.length % 91} ms`,
    );
  }
  return Buffer.from(`${lines.join('\n')}\n`).subarray(0, pieceBytes);
}

async function append(house: House, log: Log): Promise<void> {
  const body = piece();
  const answer = await fetch(`${house.runnerUrl}/api/v4/jobs/${log.id}/trace`, {
    method: 'PATCH',
    headers: {
      'content-type': 'text/plain',
      'job-token': log.token,
      'content-range': `${log.size}-${log.size + body.length - 1}`,
    },
    body: new Uint8Array(body),
  });
  await answer.arrayBuffer();
  if (answer.status !== 202) throw new Error(`PATCH of a log answered ${answer.status}`);
  log.crc = crc32(body, log.crc);
  log.size += body.length;
}

async function appendBare(database: Database, log: Log): Promise<void> {
  const body = piece();
  const hash = createHash('sha256').update(log.token).digest();
  const packed = await pack(body, { level: 1 });
  const now = new Date();
  const crc = crc32(body, log.crc);
  const at = [log.size, body.length, log.size, body.length, packed, log.crc, crc, null, null, 0] as const;
  await database.run(appendChunk, log.id, hash, ...at, now, new Date(now.getTime() - 30_000));
  log.crc = crc;
  log.size += body.length;
}

async function wal(ground: Ground, house: House, logs: readonly Log[]): Promise<Measured> {
  const client = await ground.client(house.databaseUrl);
  const at = async (): Promise<string> => {
    const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
    return rows[0]?.lsn ?? '';
  };
  await client.query('CHECKPOINT');
  const before = await at();
  const pieces = 400;
  for (let n = 0; n < pieces; n += 1) await append(house, logs[n % logs.length] as Log);
  const { rows } = await client.query<{ bytes: number }>('SELECT pg_wal_lsn_diff($1, $2)::float8 AS bytes', [
    await at(),
    before,
  ]);
  const share = (rows[0]?.bytes ?? 0) / (pieces * pieceBytes);
  return { bench: 'trace-wal', variant: 'crosstie', unit: 'bytes of WAL a byte of log', rounds: [[share]] };
}

/** The same piece onto a short log and onto a long one, and the end of each read. */
async function byLogLength(ground: Ground, house: House, logs: readonly Log[]): Promise<Measured[]> {
  const [short, long] = [logs[0] as Log, logs[1] as Log];
  const project = encodeURIComponent(repository);
  while (short.size < megabyte) await append(house, short);
  while (long.size < 50 * megabyte) await append(house, long);
  const tail = async (log: Log): Promise<void> => {
    const answer = await fetch(`${house.url}/api/v4/projects/${project}/jobs/${log.id}/trace`, {
      headers: { 'private-token': house.adminToken, range: `bytes=${log.size - 60_000}-${log.size - 1}` },
    });
    await answer.arrayBuffer();
    if (answer.status !== 206) throw new Error(`GET of a log answered ${answer.status}`);
  };
  const pairs: [Log, number][] = [
    [short, megabyte],
    [long, 50 * megabyte],
  ];
  const variants = pairs.flatMap(([log, size]): Variant[] => [
    { bench: 'trace-append', variant: 'crosstie', size, round: () => oneByOne(() => append(house, log), 10) },
    { bench: 'trace-tail', variant: 'crosstie', size, round: () => oneByOne(() => tail(log), 20) },
  ]);
  return interleave(ground.rounds(10), variants);
}
