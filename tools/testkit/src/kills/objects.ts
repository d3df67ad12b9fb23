import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from '@jest/globals';

import { runnersOf } from './by-hand.js';
import type { House } from './house.js';
import { JobCalls } from './job-calls.js';
import { Journal } from './journal.js';
import { expectOneOutcome } from './outcome.js';

const file = Buffer.from('what a job leaves behind\n'.repeat(4000));
const line = Buffer.from('uploading\n');

/** An artifact lies in the store, and no row says so. */
export async function artifactIsStored(house: House): Promise<void> {
  const { first } = await runnersOf(house);
  await house.server.start('artifact.after_put=kill');
  const push = await house.push({ runs: 'by hand' });
  const journal = new Journal();
  const calls = new JobCalls(house.server.url, await first.take(), journal);
  await calls.put({ state: 'running' });
  await calls.patch(0, line);
  const before = await artifactsIn(house);
  await expect(calls.upload(file)).rejects.toThrow();
  await house.server.died();
  expect(await artifactsIn(house)).toBe(before + 1);
  await house.server.start();

  expect((await calls.download()).status).toBe(404);
  expect(await calls.upload(file)).toBe(201);
  const { status, bytes } = await calls.download();
  expect(status).toBe(200);
  expect(bytes.equals(file)).toBe(true);
  expect(await calls.put({ state: 'success', output: { bytesize: line.length } })).toMatchObject({ status: 200 });
  await expectOneOutcome(house, push, { journal });
}

async function artifactsIn(house: House): Promise<number> {
  const all = await readdir(join(house.server.objects, 'artifacts'), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return all.filter((entry) => entry.isFile()).length;
}
