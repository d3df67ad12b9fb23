import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { Reaper } from './reaper.js';

describe('a server that was down for longer than runners may be silent', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  it('gives them time to be heard again, and ends the jobs of those that are not (F49)', async () => {
    const heard = await stage.handedOut();
    const silent = await stage.handedOut();
    // As if they had been handed out before this server began to listen.
    await stage.database.pool.query(
      `UPDATE job SET assigned_at = assigned_at - interval '20 minutes', seen_at = seen_at - interval '20 minutes'
        WHERE id = ANY ($1)`,
      [[heard.id, silent.id]],
    );
    const reaper = stage.app.get(Reaper, { strict: false });
    await reaper.runOnce();
    expect(await stage.job(heard.id)).toMatchObject({ status: 'running' });
    expect(await stage.job(silent.id)).toMatchObject({ status: 'running' });

    stage.clock.advance(30_000);
    await stage.patch(heard.id, heard.token, '0-6', 'a line\n');
    stage.clock.advance(61_000);
    await reaper.runOnce();
    expect(await stage.job(heard.id)).toMatchObject({ status: 'running' });
    expect(await stage.job(silent.id)).toMatchObject({ status: 'failed', failure_reason: 'stuck_or_timeout_failure' });
  });
});
