import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

import { readTrace } from '@crosstie/domain';
import { ObjectStore } from '@crosstie/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { TraceArchive } from './trace-archive.js';

describe('the log of an ended job', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  it('moves to the object store byte by byte, and leaves the rows', async () => {
    const job = await stage.handedOut();
    const pieces = Array.from({ length: 40 }, () => randomBytes(300));
    let offset = 0;
    for (const piece of pieces) {
      await stage.patch(job.id, job.token, `${offset}-${offset + piece.length - 1}`, piece);
      offset += piece.length;
    }
    await stage.app.get(TraceArchive, { strict: false }).runOnce();
    expect(await stage.database.run(readTrace, job.id, 0, 100)).toHaveLength(40);

    await stage.put(`jobs/${job.id}`, { token: job.token, state: 'success' });
    stage.clock.advance(120_000);
    await stage.app.get(TraceArchive, { strict: false }).runOnce();
    const [row, ...others] = await stage.database.run(readTrace, job.id, 0, 100);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ size: offset, body: null });
    const store = stage.app.get(ObjectStore, { strict: false });
    const stored = Buffer.concat(await (await store.get(row?.object_key as string)).toArray());
    expect(gunzipSync(stored).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('stays where it is when it cannot be read, and the server goes on (F10)', async () => {
    const job = await stage.handedOut();
    const line = Buffer.from('a line\n');
    await stage.patch(job.id, job.token, `0-${line.length - 1}`, line);
    await stage.put(`jobs/${job.id}`, { token: job.token, state: 'success' });
    stage.clock.advance(120_000);
    const rows = stage.database.dataSource;
    await rows.query(`UPDATE trace_chunk SET body = '\\x00' WHERE job_id = $1`, [job.id]);
    await expect(stage.app.get(TraceArchive, { strict: false }).runOnce()).rejects.toThrow();
    const [row] = await stage.database.run(readTrace, job.id, 0, 100);
    expect(row).toMatchObject({ size: line.length, object_key: null });
  });
});
