import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { watchTraces } from '@crosstie/domain';
import { armFaults } from '@crosstie/platform';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { newJobToken, newRunnerToken } from '../runners/tokens.js';
import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { Reaper } from './reaper.js';

describe('a job in the hands of a runner', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());
  afterEach(() => armFaults(''));

  const log = async (jobId: number) => {
    const sql = 'SELECT size FROM trace WHERE job_id = $1';
    return (await stage.database.pool.query<{ size: number }>(sql, [jobId])).rows[0]?.size ?? null;
  };
  const finish = (job: { id: number; token: string }, more: object = {}) =>
    stage.put(`jobs/${job.id}`, { token: job.token, state: 'success', ...more });
  const rangeOf = (response: Response) => [response.status, response.headers.get('range')];

  describe('its log', () => {
    it('takes a chunk sent twice once, and tells where to go on', async () => {
      const job = await stage.handedOut();
      const text = 'x'.repeat(100);
      expect(rangeOf(await stage.patch(job.id, job.token, '0-99', text))).toEqual([202, '0-100']);
      expect(rangeOf(await stage.patch(job.id, job.token, '0-99', text))).toEqual([416, '0-100']);
      expect(rangeOf(await stage.patch(job.id, job.token, '200-299', text))).toEqual([416, '0-100']);
      expect(await log(job.id)).toBe(100);
    });

    it('believes the start alone, and answers what its runner has to know', async () => {
      const job = await stage.handedOut();
      const response = await stage.patch(job.id, job.token, '0-100', 'x'.repeat(100));
      expect(rangeOf(response)).toEqual([202, '0-100']);
      expect(response.headers.get('job-status')).toBe('running');
      expect(Number(response.headers.get('x-gitlab-trace-update-interval'))).toBeGreaterThan(0);
    });

    it.each([null, '-5-10', '99999999999999999999-1', '0-', 'bytes 0-9/10', '0-9,20-29', '1e3-2', 'a-b'])(
      'refuses the range %p',
      async (range) => {
        const job = await stage.handedOut();
        expect((await stage.patch(job.id, job.token, range, 'abc')).status).toBe(400);
        expect((await stage.patch(job.id, job.token, '0-0', '')).status).toBe(400);
        expect(await log(job.id)).toBeNull();
      },
    );

    it('takes a mebibyte at once, and no more', async () => {
      const job = await stage.handedOut();
      const most = Buffer.alloc(1024 * 1024, 'é');
      expect((await stage.patch(job.id, job.token, '0-1', most)).status).toBe(202);
      expect((await stage.patch(job.id, job.token, '1048576-1', Buffer.alloc(1024 * 1024 + 1))).status).toBe(413);
    });

    it('takes one of two equal chunks that come at the same moment', async () => {
      const job = await stage.handedOut();
      const send = () => stage.patch(job.id, job.token, '0-2', 'abc');
      const statuses = await Promise.all([send(), send(), send(), send()]);
      expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([202, 416]));
      expect(statuses.filter(({ status }) => status === 202)).toHaveLength(1);
      expect(await log(job.id)).toBe(3);
    });

    it('ends a job whose log grows beyond the limit of its project', async () => {
      const job = await stage.handedOut();
      await stage.database.pool.query('UPDATE project SET trace_size_max = 10 WHERE id = $1', [job.projectId]);
      expect((await stage.patch(job.id, job.token, '0-7', '12345678')).status).toBe(202);
      const response = await stage.patch(job.id, job.token, '8-15', '12345678');
      expect([response.status, response.headers.get('job-status')]).toEqual([403, 'failed']);
      expect(await stage.job(job.id)).toMatchObject({ status: 'failed', failure_reason: 'trace_size_exceeded' });
    });

    it('F45: killed after each of a hundred chunks, the log is whole and in order', async () => {
      const job = await stage.handedOut();
      const sent: string[] = [];
      armFaults('trace.after_append=drop');
      let offset = 0;
      for (let n = 0; n < 100; n += 1) {
        const text = `line ${n}\n`;
        await expect(stage.patch(job.id, job.token, `${offset}-${offset + text.length - 1}`, text)).rejects.toThrow();
        const again = await stage.patch(job.id, job.token, `${offset}-${offset + text.length - 1}`, text);
        sent.push(text);
        offset += text.length;
        expect(rangeOf(again)).toEqual([416, `0-${offset}`]);
      }
      armFaults('');
      const bytes = Buffer.from(sent.join(''));
      const checksum = `crc32:${crc32(bytes).toString(16).padStart(8, '0')}`;
      expect((await finish(job, { output: { checksum, bytesize: bytes.length } })).status).toBe(200);
    });
  });

  describe('RA9: its log, where its runner masks nothing', () => {
    const secret = 'my secret/with+signs';
    const variables = [{ key: 'PASSWORD', value: secret, public: false, file: false, masked: true, raw: true }];

    async function printed(pieces: readonly string[], urls: (string | null)[] = [null]) {
      const job = await stage.handedOut({ variables });
      let offset = 0;
      for (const [n, piece] of pieces.entries()) {
        const text = piece.replaceAll('TOKEN', job.token);
        const range = `${offset}-${offset + Buffer.byteLength(text) - 1}`;
        const headers = { 'job-token': job.token, 'content-type': 'text/plain', 'content-range': range };
        const url = `${urls[n % urls.length] ?? stage.url}/api/v4/jobs/${job.id}/trace`;
        const answer = await fetch(url, { method: 'PATCH', headers, body: text });
        offset += Buffer.byteLength(text);
        expect([answer.status, answer.headers.get('range')]).toEqual([202, `0-${offset}`]);
      }
      const sent = Buffer.from(pieces.join('').replaceAll('TOKEN', job.token));
      const checksum = `crc32:${crc32(sent).toString(16).padStart(8, '0')}`;
      expect((await finish(job, { output: { checksum, bytesize: sent.length } })).status).toBe(200);
      return { job, log: await stage.log(job.id), sent };
    }

    it('has no secret of the job in it, whatever form it has, and is as long as what was sent', async () => {
      const encoded = Buffer.from(`x${secret}y`).toString('base64');
      const { log, job, sent } = await printed([`a TOKEN b ${secret} c ${encodeURIComponent(secret)} d ${encoded}\n`]);
      const clone = stage.authority.made.at(-1) ?? '';
      for (const word of [job.token, secret, encodeURIComponent(secret), encoded, clone])
        expect(log).not.toContain(word);
      expect(log).toMatch(/^a \[MASKED\]\*+ b \[MASKED\]\*+ c \[MASKED\]\*+ d /);
      expect(Buffer.byteLength(log)).toBe(sent.length);
    });

    it('has none across the border of two chunks, each taken by another process', async () => {
      const other = await stage.replica();
      const halves = ['one my secret/', 'with+signs two my', ' ', 's', 'ecret/with+signs three my secret'];
      const { log } = await printed(halves, [null, other]);
      expect(log).not.toContain('with+signs');
      expect(log).toMatch(/^one .{20} two .{20} three my secret$/);
    });

    it('keeps back what may be the beginning of one, and shows it when it was none', async () => {
      const job = await stage.handedOut({ variables });
      await stage.patch(job.id, job.token, '0-1', 'it is my sec');
      expect(await stage.log(job.id)).toBe('it is ');
      await stage.patch(job.id, job.token, '12-1', 'ond try\n');
      expect(await stage.log(job.id)).toBe('it is my second try\n');
    });

    it('is asked for again when its checksum is not that of what came', async () => {
      const job = await stage.handedOut();
      await stage.patch(job.id, job.token, '0-2', 'abc');
      const info = { features: { trace_reset: true } };
      const end = { info, output: { bytesize: 3, checksum: 'crc32:00000001' } };
      expect((await finish(job, end)).status).toBe(412);
      expect(rangeOf(await stage.patch(job.id, job.token, '0-2', 'abc'))).toEqual([202, '0-3']);
      expect((await finish(job, end)).status).toBe(200);
    });
  });

  it('is asked for its log every 3 seconds while somebody reads along, else every 30', async () => {
    const job = await stage.handedOut();
    const interval = async () => {
      const answer = await stage.put(`jobs/${job.id}`, { token: job.token, state: 'running' });
      return answer.headers.get('x-gitlab-trace-update-interval');
    };
    expect(await interval()).toBe('30');
    await stage.database.run(watchTraces, [job.id], new Date(stage.clock.ms() + 60_000), stage.clock.now());
    expect(await interval()).toBe('3');
    const patch = await stage.patch(job.id, job.token, '0-2', 'abc');
    expect([patch.status, patch.headers.get('x-gitlab-trace-update-interval')]).toEqual([202, '3']);
    stage.clock.advance(61_000);
    expect(await interval()).toBe('30');
  });

  describe('its end', () => {
    it('is taken once when `state: success` is sent twice', async () => {
      const job = await stage.handedOut();
      expect((await finish(job)).status).toBe(200);
      const first = await stage.job(job.id);
      stage.clock.advance(5000);
      const again = await finish(job);
      expect([again.status, again.headers.get('job-status')]).toEqual([403, 'success']);
      const late = await stage.put(`jobs/${job.id}`, { token: job.token, state: 'failed', exit_code: 1 });
      expect(late.status).toBe(403);
      expect(await stage.job(job.id)).toEqual(first);
      const told = (await stage.events('job.finished')).filter(
        (payload) => (payload as { jobId: number }).jobId === job.id,
      );
      expect(told).toEqual([{ jobId: job.id, pipelineId: job.pipelineId, status: 'success' }]);
    });

    it('F48: killed after the commit, the repeat changes nothing and the pipeline is told', async () => {
      const job = await stage.handedOut();
      armFaults('finish.after_commit=drop@1');
      await expect(finish(job)).rejects.toThrow();
      armFaults('');
      const repeat = await finish(job);
      expect([repeat.status, repeat.headers.get('job-status')]).toEqual([403, 'success']);
      expect(await stage.events('job.finished')).toContainEqual({
        jobId: job.id,
        pipelineId: job.pipelineId,
        status: 'success',
      });
    });

    it('keeps reason and exit code, and takes a reason that it does not know as unknown', async () => {
      const [one, two] = [await stage.handedOut(), await stage.handedOut()];
      const failed = { state: 'failed', failure_reason: 'script_failure', exit_code: 42 };
      expect((await stage.put(`jobs/${one.id}`, { token: one.token, ...failed })).status).toBe(200);
      const strange = { ...failed, failure_reason: 'my_own_words', exit_code: -1 };
      expect((await stage.put(`jobs/${two.id}`, { token: two.token, ...strange })).status).toBe(200);
      expect(await stage.job(one.id)).toMatchObject({ failure_reason: 'script_failure', exit_code: 42 });
      expect(await stage.job(two.id)).toMatchObject({ failure_reason: 'unknown_failure', exit_code: -1 });
    });

    it('asks once for a log that is shorter than its runner says, then takes what there is', async () => {
      const job = await stage.handedOut();
      await stage.patch(job.id, job.token, '0-2', 'abc');
      const info = { features: { trace_reset: true } };
      const end = { info, output: { bytesize: 10, checksum: 'crc32:00000000' } };
      expect((await finish(job, end)).status).toBe(412);
      expect(rangeOf(await stage.patch(job.id, job.token, '0-2', 'abc'))).toEqual([202, '0-3']);
      expect((await finish(job, end)).status).toBe(200);
      expect(await stage.job(job.id)).toMatchObject({ status: 'success' });
    });

    it('is canceled for a job that is being cancelled, and the runner learns it from any answer', async () => {
      const job = await stage.handedOut();
      await stage.database.pool.query("UPDATE job SET status = 'canceling' WHERE id = $1", [job.id]);
      const patch = await stage.patch(job.id, job.token, '0-2', 'abc');
      expect([patch.status, patch.headers.get('job-status')]).toEqual([202, 'canceling']);
      const put = await stage.put(`jobs/${job.id}`, { token: job.token, state: 'running' });
      expect([put.status, put.headers.get('job-status')]).toEqual([200, 'canceling']);
      const end = await stage.put(`jobs/${job.id}`, {
        token: job.token,
        state: 'failed',
        failure_reason: 'job_canceled',
      });
      expect([end.status, end.headers.get('job-status')]).toEqual([200, 'canceled']);
      expect(await stage.job(job.id)).toMatchObject({ status: 'canceled', failure_reason: null });
    });

    it('refuses words that are no state', async () => {
      const job = await stage.handedOut();
      expect((await stage.put(`jobs/${job.id}`, { token: job.token, state: 'pending' })).status).toBe(400);
      expect((await stage.put(`jobs/${job.id}`, { token: job.token, state: ['running'] })).status).toBe(400);
    });
  });

  it('fails a job whose runner fell silent, and refuses what comes later', async () => {
    const job = await stage.handedOut();
    stage.clock.advance(16 * 60_000);
    await stage.app.get(Reaper, { strict: false }).runOnce();
    expect(await stage.job(job.id)).toMatchObject({ status: 'failed', failure_reason: 'stuck_or_timeout_failure' });
    expect((await finish(job)).status).toBe(403);
    expect(await stage.events('job.finished')).toContainEqual({
      jobId: job.id,
      pipelineId: job.pipelineId,
      status: 'failed',
    });
  });

  /** Every call that a job token opens. */
  const calls: [string, (jobId: number, token: string) => Promise<Response>][] = [
    ['PUT', (id, token) => stage.put(`jobs/${id}`, { token, state: 'running' })],
    ['PATCH', (id, token) => stage.patch(id, token, '0-0', 'x')],
    ['POST artifacts', (id, token) => stage.upload(id, token, 'zip')],
    ['GET artifacts', (id, token) => stage.get(`jobs/${id}/artifacts`, { 'job-token': token })],
    ['GET /job', (_, token) => stage.get('job', { 'job-token': token })],
  ];

  describe('RA2: its token opens this hand-out alone', () => {
    it.each(calls)('for %s', async (name, call) => {
      const own = await stage.handedOut();
      await stage.upload(own.id, own.token, 'zip');
      const other = await stage.handedOut();
      const finished = await stage.handedOut();
      await finish(finished);
      const right = await call(own.id, own.token);
      expect(right.ok).toBe(true);

      const wrong: [string, number, string][] = [
        ["another job's", own.id, other.token],
        ["a finished job's", own.id, finished.token],
        ["the runner's", own.id, own.runnerToken],
        ["another runner's", own.id, newRunnerToken()],
        ['none', own.id, ''],
        ['malformed', own.id, 'glcbt-%00"'],
        ['guessed', own.id, newJobToken()],
        ['own, for another job', other.id, own.token],
        ['own, for a finished job', finished.id, own.token],
        ['own, for a job that is not there', 999_999, own.token],
      ];
      // This route has no job in its address: the token alone decides.
      const withoutId = name === 'GET /job' ? ["another job's", 'own, for'] : [];
      const answers = new Set<string>();
      for (const [whose, id, token] of wrong) {
        if (withoutId.some((start) => whose.startsWith(start))) continue;
        const answer = await call(id, token);
        answers.add(`${answer.status} ${await answer.text()}`);
      }
      expect([...answers]).toEqual(['403 {"message":"403 Forbidden"}']);
    });

    it('and no odd job address opens anything', async () => {
      const { token } = await stage.handedOut();
      for (const id of ['undefined', '0', '-1', '1e3', '9007199254740993', '%00', '1%2f..%2f2']) {
        expect((await stage.put(`jobs/${id}`, { token, state: 'running' })).status).toBe(403);
      }
    });
  });

  describe('RA3: its token is dead after the end', () => {
    const ends: [string, (job: { id: number; token: string }) => Promise<unknown>][] = [
      ['the final report', (job) => finish(job)],
      ['a cancel', (job) => stage.database.pool.query("UPDATE job SET status = 'canceled' WHERE id = $1", [job.id])],
      [
        'its time',
        async () => (stage.clock.advance(3 * 3_600_000), stage.app.get(Reaper, { strict: false }).runOnce()),
      ],
      [
        'the silence of its runner',
        async () => (stage.clock.advance(16 * 60_000), stage.app.get(Reaper, { strict: false }).runOnce()),
      ],
      ['being erased', (job) => stage.database.pool.query("UPDATE job SET status = 'failed' WHERE id = $1", [job.id])],
    ];

    it.each(ends)('by %s', async (_, end) => {
      const job = await stage.handedOut();
      await end(job);
      for (const [, call] of calls) expect((await call(job.id, job.token)).status).toBe(403);
    });
  });

  it('RA1: keeps no token in clear', async () => {
    const job = await stage.handedOut();
    const { rows } = await stage.database.pool.query<{ whole: string }>(
      'SELECT runner::text AS whole FROM runner UNION ALL SELECT job::text FROM job UNION ALL SELECT payload::text FROM outbox_event',
    );
    const text = rows.map(({ whole }) => whole).join('\n');
    expect(text).not.toContain(job.token);
    expect(text).not.toContain(job.runnerToken);
    expect(text).toContain(createHash('sha256').update(job.token).digest('hex'));
  });
});
