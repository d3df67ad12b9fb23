import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { repository, until } from '@crosstie/testkit';

import type { Bench } from './ground.ts';
import { type House, type Mode, startHouse } from './house.ts';
import type { Measured } from './report.ts';

const queued = 1000;
const ciFile = Array.from({ length: queued }, (_, at) => `job${at}:\n  script: [echo ${at}]\n`).join('');
const modes: readonly Mode[] = ['joined', 'separate'];

/** Resident memory of each process of Crosstie: at rest, and with 1,000 queued jobs. */
export const memory: Bench = {
  quick: false,
  targets: {},
  async run(ground) {
    const lines: Measured[] = [];
    for (const mode of modes) {
      const house = await startHouse(ground, `memory_${mode}`, { mode });
      if (!house) continue;
      await wait(5000);
      lines.push(...(await residents(house, 0)));
      const client = await ground.client(house.databaseUrl);
      await house.github.push(repository, { pusher: 'dana', files: { 'gitlab/.gitlab-ci.yml': ciFile } });
      await until(async () => {
        const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM queue_entry');
        return rows[0]?.n === queued;
      }, 'the jobs in the queue');
      await wait(5000);
      lines.push(...(await residents(house, queued)));
    }
    return lines;
  },
};

async function residents(house: House, size: number): Promise<Measured[]> {
  const lines = Object.entries(house.pids).map(async ([variant, pid]): Promise<Measured> => {
    return { bench: 'memory', variant, size, unit: 'MB', rounds: [[(await residentKb(pid)) / 1024]] };
  });
  return Promise.all(lines);
}

/** Where the system tells: Linux. */
export async function residentKb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

/** Seconds of a processor that a process has used. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold spaces: utime and stime are the 12th and 13th, in hundredths.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
