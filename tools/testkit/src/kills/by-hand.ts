import { randomBytes } from 'node:crypto';

import { expect } from '@jest/globals';

import { ScriptedRunner } from '../scripted-runner.js';
import { until } from '../until.js';
import type { House } from './house.js';
import { JobCalls } from './job-calls.js';
import { Journal } from './journal.js';
import { expectOneOutcome } from './outcome.js';

const line = Buffer.from('a line of the log, with an ü in it\n');

/** The answer to the request for a job is lost, and the next answer is thrown away by a runner that goes silent. */
export async function claimIsLost(house: House): Promise<void> {
  const { first, second } = await runnersOf(house);
  await house.server.start('claim.after_commit=kill');
  const push = await house.push({ runs: 'by hand' });
  await expect(first.take()).rejects.toThrow();
  await house.server.died();
  const [lost] = await house.rows<{ id: string; token_hash: Buffer }>(
    "SELECT id, token_hash FROM job WHERE status = 'running' AND name = 'by-hand'",
  );
  await house.server.start();

  const journal = new Journal();
  const silent = new JobCalls(house.server.url, await first.take(), journal);
  expect(silent.job.id).toBe(Number(lost?.id));
  const [held] = await house.rows<{ token_hash: Buffer }>('SELECT token_hash FROM job WHERE id = $1', silent.job.id);
  expect(held?.token_hash.equals(lost?.token_hash ?? Buffer.of())).toBe(false);

  const living = new JobCalls(house.server.url, await second.take(), journal);
  expect(living.job.id).toBe(silent.job.id);
  expect(living.job.token).not.toBe(silent.job.token);
  expect(await silent.put({ state: 'running' })).toMatchObject({ status: 403 });
  expect(await silent.patch(0, line)).toMatchObject({ status: 403 });
  expect(await living.put({ state: 'running' })).toMatchObject({ status: 200 });
  expect(await living.patch(0, line)).toMatchObject({ status: 202 });
  expect(await living.put({ state: 'success' })).toMatchObject({ status: 200 });
  await expectOneOutcome(house, push, { journal });
}

const pieces = 40;
/** Which piece, counted from the start of the process, kills it. */
const deaths = [1, 15];

export async function logIsStored(house: House): Promise<void> {
  const { first } = await runnersOf(house);
  const faults = deaths.map((nth) => `trace.after_append=kill@${nth}`);
  await house.server.start(faults.shift());
  const push = await house.push({ runs: 'by hand' });
  const journal = new Journal();
  const calls = new JobCalls(house.server.url, await first.take(), journal);
  await calls.put({ state: 'running' });
  let size = 0;
  let deathsSeen = 0;
  for (let piece = 0; piece < pieces; piece += 1) {
    // Cut so that a piece may end inside a character.
    const bytes = Buffer.concat([line, randomBytes(piece)]);
    const heard = await calls.patch(size, bytes);
    size += bytes.length;
    if (heard.status === null) {
      deathsSeen += 1;
      await house.server.died();
      await house.server.start(faults.shift());
      const again = await calls.patch(size - bytes.length, bytes);
      expect(again).toMatchObject({ status: 416, range: `0-${size}` });
    } else {
      expect(heard).toMatchObject({ status: 202, range: `0-${size}` });
    }
  }
  expect(deathsSeen).toBe(deaths.length);
  const output = { bytesize: size };
  expect(await calls.put({ state: 'success', output })).toMatchObject({ status: 200 });
  expect(journal.log(calls.job.id)).toHaveLength(size);
  await expectOneOutcome(house, push, { journal });
}

export async function endIsTold(house: House): Promise<void> {
  const { first } = await runnersOf(house);
  await house.server.start('finish.after_commit=kill');
  const push = await house.push({ runs: 'by hand' });
  const journal = new Journal();
  const calls = new JobCalls(house.server.url, await first.take(), journal);
  await calls.put({ state: 'running' });
  await calls.patch(0, line);
  expect(await calls.put({ state: 'success' })).toMatchObject({ status: null });
  await house.server.died();
  const ended = () => house.rows('SELECT status, finished_at, handout FROM job WHERE id = $1', calls.job.id);
  const before = await ended();
  await house.server.start();
  const again = await calls.put({ state: 'failed', failure_reason: 'script_failure' });
  expect([200, 403]).toContain(again.status);
  expect(again.jobStatus).toBe('success');
  expect(await ended()).toEqual(before);
  expect(before).toMatchObject([{ status: 'success', handout: 1 }]);
  await expectOneOutcome(house, push, { journal });
}

/** Takes the next job that waits for it and runs it to its end. */
export async function runByHand(house: House, journal: Journal): Promise<void> {
  const { first } = await runnersOf(house);
  const calls = new JobCalls(house.server.url, await first.take(), journal);
  await calls.put({ state: 'running' });
  await calls.patch(0, line);
  await calls.put({ state: 'success', output: { bytesize: line.length } });
}

const tokens = new WeakMap<House, string>();

/** Two runners of one token that take the jobs that nobody else takes. */
export async function runnersOf(house: House): Promise<{ first: ScriptedRunner; second: ScriptedRunner }> {
  const ready = async () => (await fetch(`${house.server.url}/readyz`)).ok;
  if (!tokens.has(house)) {
    if (!(await ready().catch(() => false))) await house.server.start();
    await until(ready, 'the server');
    tokens.set(house, await house.runnerToken(['by-hand']));
  }
  const token = tokens.get(house) ?? '';
  const runner = (systemId: string) => new ScriptedRunner(house.server.url, token, systemId);
  return { first: runner('s_first0000000'), second: runner('s_second000000') };
}
