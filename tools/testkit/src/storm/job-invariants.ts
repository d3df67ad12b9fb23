import { createHash } from 'node:crypto';

import type { Evidence, JobFact, PipelineFact, PushFact } from './evidence.js';
import { type Broken, label } from './push-invariants.js';
import type { Handout } from './runner-record.js';

/** Which jobs must have ended well before one may begin. */
const before: Record<string, readonly string[]> = {
  build: [],
  unit: ['build'],
  lint: [],
  report: ['build', 'unit', 'lint'],
};

export interface JobFinding {
  broken: Broken[];
  logsCompared: number;
  /** Of jobs whose runners were killed: what was taken of their logs stands at the beginning of what is stored. */
  beginningsCompared: number;
  /** By the jobs that were given them. */
  artifactsCompared: number;
}

/** I4 to I7: each job against the record of the runners that had it. */
export async function checkJobs(
  { pushes, handouts }: Evidence,
  readLog: (jobId: number) => Promise<Buffer>,
): Promise<JobFinding> {
  const finding: JobFinding = { broken: [], logsCompared: 0, beginningsCompared: 0, artifactsCompared: 0 };
  for (const push of pushes) {
    for (const pipeline of push.pipelines) {
      if (!push.pressed) finding.broken.push(...checkOrder(push, pipeline, handouts));
      for (const job of pipeline.jobs) {
        const say = (id: string, what: string): void =>
          void finding.broken.push({ id, what: `${label(push)}, job ${job.id} (${job.name}, ${job.status}): ${what}` });
        const had = handouts.get(job.id) ?? [];
        checkAttempt(job, had, push.pressed, say);
        await checkLog(job, had, readLog, finding, say);
        if (job.name !== 'unit') continue;
        if (job.status === 'success') finding.artifactsCompared += 1;
        else if (push.kind !== 'failing' && had.some(comparedInVain)) say('I7', 'was given another artifact');
      }
    }
  }
  return finding;
}

type Say = (id: string, what: string) => void;

function checkAttempt(job: JobFact, had: readonly Handout[], pressed: boolean, say: Say): void {
  const acknowledged = had.filter((handout) => handout.acknowledged);
  if (acknowledged.length > 1) say('I4', `${acknowledged.length} hand-outs were acknowledged`);
  const ended = had.filter(({ end }) => end?.taken);
  if (ended.length > 1) say('I4', `${ended.length} hand-outs ended it`);
  const told = ended[0]?.end?.state;
  if (told !== undefined && told !== job.status && !(pressed && job.status === 'canceled')) {
    say('I4', `its runner told ${told}`);
  }
  if (job.status === 'success' && !had.some(({ end }) => end?.state === 'success')) say('I4', 'no runner told that');
}

/** The script of `unit` begins with the comparison, and nothing else in it can fail. */
function comparedInVain({ log }: Handout): boolean {
  return log.includes('ERROR: step script ended with exit code');
}

/** No job began before those that it needs had ended well, and none was skipped for nothing. */
function checkOrder(push: PushFact, { jobs }: PipelineFact, handouts: Evidence['handouts']): Broken[] {
  const broken: Broken[] = [];
  const last = new Map(jobs.map((job) => [job.name, job]));
  for (const job of jobs) {
    const needed = (before[job.name] ?? []).map((name) => last.get(name));
    const given = handouts.get(job.id)?.[0]?.givenAt;
    const early = needed.filter(
      (one) => one?.status !== 'success' || Date.parse(one.finished_at ?? '') > (given ?? Infinity),
    );
    const what = (why: string): string => `${label(push)}, job ${job.id} (${job.name}): ${why}`;
    if (given !== undefined && early.length > 0) {
      broken.push({ id: 'I5', what: what(`began before ${early.map((one) => one?.name).join(', ')}`) });
    }
    if (job.status === 'skipped' && needed.every((one) => one?.status === 'success')) {
      broken.push({ id: 'I5', what: what('was skipped although all before it passed') });
    }
  }
  return broken;
}

async function checkLog(
  job: JobFact,
  had: readonly Handout[],
  readLog: (jobId: number) => Promise<Buffer>,
  finding: JobFinding,
  say: Say,
): Promise<void> {
  const handout = had.find(({ acknowledged }) => acknowledged);
  if (!handout) return;
  const stored = await readLog(job.id);
  if (handout.end?.taken) {
    finding.logsCompared += 1;
    if (sha256(stored) !== sha256(handout.log)) {
      say('I6', `${stored.length} bytes are stored, ${handout.log.length} were sent, and they differ`);
    }
    return;
  }
  finding.beginningsCompared += 1;
  if (sha256(stored.subarray(0, handout.logTaken)) !== sha256(handout.log.subarray(0, handout.logTaken))) {
    say('I6', `of ${handout.logTaken} bytes that were taken, ${stored.length} are stored, and they differ`);
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
