import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { findGitlabRunner } from '../demo/runner.js';
import type { JobView, PipelineView } from '../pipelines.js';
import { until } from '../until.js';
import { repository } from '../world.js';
import { RunnerHouse } from './runner-house.js';

const found = await findGitlabRunner();
const isSeen = ({ status }: JobView): boolean => ['success', 'failed', 'canceled'].includes(status);

/** What all jobs of one push show together: they run side by side, since most of them wait for something. */
const ciFile = `
stages: [build, work]
build:
  stage: build
  script:
    - mkdir -p out && echo built > out/built
  artifacts: {paths: [out/], expire_in: 1 day}
raw:
  stage: work
  needs: []
  variables:
    RAW: {value: 'home $HOME and $$ signs', expand: false}
  script:
    - echo "it is $RAW."
fails:
  stage: work
  needs: []
  script: ["echo before", "exit 42"]
  after_script: ["echo after with $CI_JOB_STATUS"]
  allow_failure: true
long:
  stage: work
  needs: []
  variables: {FF_TIMESTAMPS: "false"}
  script:
    - head -c 10485760 /dev/zero | tr '[:cntrl:]' x | fold -w 100
silent:
  stage: work
  needs: []
  script: ["sleep 66", "echo awake"]
slow:
  stage: work
  needs: []
  timeout: 10s
  script: ["echo begins", "sleep 300"]
  after_script: ["echo never"]
  allow_failure: true
stamped:
  stage: work
  needs: []
  variables: {FF_TIMESTAMPS: "true"}
  script: ["echo stamped"]
unlucky:
  stage: work
  needs: []
  script: ["echo its end meets 502"]
takes:
  stage: work
  needs: [build]
  script: ["cat out/built"]
redirected:
  stage: work
  needs: [build]
  script: ["cat out/built"]
cancelled:
  stage: work
  needs: []
  script: ["echo begins", "mkdir -p left && echo left > left/over", "sleep 300"]
  after_script: ["echo after with $CI_JOB_STATUS"]
  artifacts: {paths: [left/], when: always}
  allow_failure: true
early:
  stage: work
  needs: []
  script: ["touch $EARLY_DIRECTORY/it-started"]
  allow_failure: true
`;

/** By the numbers of the protocol page's conformance tests; skipped where there is no gitlab-runner. */
(found ? describe : describe.skip)('conformance of jobs, with a real gitlab-runner', () => {
  let house: RunnerHouse;
  let sha: string;
  let early: string;
  let pipeline: PipelineView;
  const badEnds: number[] = [];
  let redirects = 0;

  const idOf = (name: string): number => pipeline.jobs.find((job) => job.name === name)?.id ?? 0;
  const finalPut = (name: string) => house.callsOf(idOf(name), 'PUT').find(({ body }) => !body.includes('"running"'));
  const saidOf = (name: string) =>
    JSON.parse(finalPut(name)?.body ?? '{}') as {
      state?: string;
      failure_reason?: string;
      exit_code?: number;
      output?: { checksum: string; bytesize: number };
    };

  beforeAll(async () => {
    house = await RunnerHouse.build(found?.program ?? '');
    early = await mkdtemp(join(tmpdir(), 'crosstie-early-'));
    interfere();
    await house.runner('main', { concurrent: 14 });
    sha = await house.push(ciFile.replace('$EARLY_DIRECTORY', early));
    await cancelOne(
      'cancelled',
      ({ status }) => status === 'running',
      () => house.trace({ id: idOf('cancelled') }),
    );
    pipeline = await until(
      async () => {
        const seen = await house.follow(sha, ({ jobs }) => jobs.length >= 12);
        const left = seen.jobs.filter((job) => !isSeen(job)).map(({ name, status }) => `${name} ${status}`);
        if (left.length > 0) throw new Error(`not over: ${left.join(', ')}`);
        return seen;
      },
      'every job to be over',
      150_000,
    );
  }, 240_000);

  afterAll(async () => {
    await house?.tearDown();
    await rm(early, { recursive: true, force: true });
  }, 60_000);

  /** Cancels a job once its script is under way. */
  async function cancelOne(name: string, is: (job: JobView) => boolean, log: () => Promise<string>): Promise<void> {
    const job = await house.job(sha, name, is);
    pipeline = await house.follow(sha, () => true);
    await until(async () => (await log()).includes('begins'), `${name} to be in its script`, 60_000);
    await cancel(job.id);
  }

  const cancel = (id: number) =>
    house.dana.post(`/api/v4/projects/${encodeURIComponent(repository)}/jobs/${id}/cancel`);

  /** What goes wrong between the runner and the server. */
  function interfere(): void {
    const names = new Map<number, string>();
    const nameOf = async (id: number): Promise<string> => {
      const job = await house.dana.read<JobView>(`/api/v4/projects/${encodeURIComponent(repository)}/jobs/${id}`);
      names.set(id, job.name);
      return job.name;
    };
    const cancelEarly = async (id: number): Promise<void> => {
      if ((await nameOf(id)) === 'early') await cancel(id);
    };
    let firstSeen = 0;
    house.proxy.interfere((call) => {
      const id = Number(/^\/api\/v4\/jobs\/(\d+)/.exec(call.path)?.[1] ?? 0);
      if (id === 0 || call.method !== 'PUT') return null;
      // C26: its first word comes only when it is cancelled already.
      if (!names.has(id)) {
        return cancelEarly(id);
      }
      // C33: twenty seconds of 502 for a good end.
      if (names.get(id) !== 'unlucky' || !call.body.includes('"success"')) return null;
      firstSeen ||= Date.now();
      if (Date.now() - firstSeen > 20_000) return null;
      badEnds.push(id);
      return { status: 502 };
    });
    house.proxy.interfere((call) => {
      // C38: the object is said to be elsewhere, with an address that is made anew for each request.
      if (call.method !== 'GET' || !/^\/api\/v4\/jobs\/\d+\/artifacts/.test(call.path)) return null;
      const isElsewhere = call.path.includes('elsewhere=');
      if (isElsewhere || call.headers['job-token'] !== redirectedToken()) return null;
      redirects += 1;
      const location = `${house.proxy.url}${call.path.split('?')[0]}?elsewhere=${redirects}`;
      return { status: 307, headers: { location } };
    });
    // The token of the job called `redirected` is in the answer that gave it out, which nobody keeps here: it is the
    // second one that asks for an archive.
    const tokens: string[] = [];
    const redirectedToken = (): string | undefined => {
      for (const { method, path, headers } of house.proxy.calls) {
        const token = headers['job-token'];
        if (method !== 'GET' || !path.includes('/artifacts') || typeof token !== 'string') continue;
        if (!tokens.includes(token)) tokens.push(token);
      }
      return tokens[1];
    };
  }

  it('C14: a raw value with dollar signs arrives unchanged', async () => {
    expect(await house.trace({ id: idOf('raw') })).toContain('it is home $HOME and $$ signs.');
  });

  it('C21: of ten megabytes the runner sends what it keeps, with its notice; size and checksum agree', async () => {
    const log = await house.trace({ id: idOf('long') });
    expect(log).toContain('exceeded limit of 4194304 bytes');
    expect(Buffer.byteLength(log)).toBeGreaterThan(4_194_304);
    const { output } = saidOf('long');
    expect(output?.bytesize).toBe(Buffer.byteLength(log));
    // Nothing in it was masked by the server, so what is stored has the checksum of what was sent.
    expect(output?.checksum).toBe(`crc32:${crc32(log).toString(16).padStart(8, '0')}`);
    expect(finalPut('long')?.status).toBe(200);
  });

  it('C25: a job cancelled in its script runs its after_script, leaves its files and ends canceled', async () => {
    const id = idOf('cancelled');
    const statuses = new Set(house.callsOf(id).map(({ answer }) => answer['job-status']));
    expect([...statuses]).toEqual(expect.arrayContaining(['running', 'canceling', 'canceled']));
    expect(await house.trace({ id })).toContain('after with canceled');
    expect(house.callsOf(id, 'POST').map(({ status }) => status)).toEqual([201]);
    expect(pipeline.jobs.find((job) => job.id === id)).toMatchObject({ status: 'canceled' });
  });

  it('C26: a job cancelled before its first word never starts its script', async () => {
    const [first] = house.callsOf(idOf('early'), 'PUT');
    expect([first?.answer['job-status'], pipeline.jobs.find(({ name }) => name === 'early')?.status]).toEqual([
      'canceling',
      'canceled',
    ]);
    expect(await readdir(early)).toEqual([]);
  });

  it('C29: a silent job says every thirty seconds that it lives', () => {
    const signs = house
      .callsOf(idOf('silent'))
      .filter(({ method, body }) => method === 'PUT' && body.includes('"running"'));
    expect(signs.length).toBeGreaterThanOrEqual(2);
    expect(signs.every(({ status }) => status === 200)).toBe(true);
    expect(pipeline.jobs.find(({ name }) => name === 'silent')).toMatchObject({ status: 'success' });
  });

  it('C31: a job over its time fails as that, without its after_script', async () => {
    expect(saidOf('slow')).toMatchObject({ state: 'failed', failure_reason: 'job_execution_timeout' });
    const log = await house.trace({ id: idOf('slow') });
    expect(log).toContain('begins');
    expect(log).not.toContain('never');
  });

  it('C32: the exit code of a script is told', async () => {
    expect(saidOf('fails')).toMatchObject({ state: 'failed', failure_reason: 'script_failure', exit_code: 42 });
    expect(await house.trace({ id: idOf('fails') })).toContain('after with failed');
    const view = await house.dana.read<{ exit_code: number }>(`/api/crosstie/v1/jobs/${idOf('fails')}`);
    expect(view.exit_code).toBe(42);
  });

  it('C33: an end that meets 502 for twenty seconds is told in the end', () => {
    expect(badEnds.length).toBeGreaterThan(2);
    expect(pipeline.jobs.find(({ name }) => name === 'unlucky')).toMatchObject({ status: 'success' });
  });

  it('C38: the files of an earlier job arrive, straight and by way of a redirect', async () => {
    for (const name of ['takes', 'redirected']) {
      expect(await house.trace({ id: idOf(name) })).toContain('built');
      expect(pipeline.jobs.find((job) => job.name === name)).toMatchObject({ status: 'success' });
    }
    // One that is not followed and one that is.
    expect(redirects).toBe(2);
    const elsewhere = house.proxy.calls.filter(({ path }) => path.includes('elsewhere='));
    expect(elsewhere.map(({ status }) => status)).toEqual([200]);
  });

  it('C46: a log has stamps only where a job asks for them; the page takes them off, and sections fold', async () => {
    expect(await house.trace({ id: idOf('stamped') })).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z 01O stamped$/m);
    const plain = await house.trace({ id: idOf('takes') });
    expect(plain).not.toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z /m);
    expect(plain).toMatch(/section_start:\d+:step_script/);
    expect(plain).toMatch(/section_end:\d+:step_script/);
  });
});
