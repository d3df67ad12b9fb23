import { gzipSync } from 'node:zlib';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { armFaults } from '@crosstie/platform';
import { until } from '@crosstie/testkit';

import { type PushingStage, startPushingStage } from '../testing/pushing-stage.js';

let stage: PushingStage;

beforeAll(async () => {
  stage = await startPushingStage({ bus: { backOffMs: () => 100 } });
}, 60_000);
afterEach(() => armFaults(''));
afterAll(() => stage.stop());

async function deadLetters() {
  return stage.rows<{ id: number; type: string; error: string; attempts: number }>(
    `SELECT * FROM dead_letter WHERE service = 'pipeline-orchestrator' ORDER BY id`,
  );
}

describe('a poison delivery (F27, W10)', () => {
  it('ends as a dead letter with its original error, while the next one is handled at once', async () => {
    armFaults('intake.before_insert=throw');
    const poison = await stage.push({ 'poison.txt': '1' });
    await until(async () => (await deadLetters()).length > 0, 'the dead letter');
    armFaults('');
    const began = performance.now();
    await stage.pipelineOf(await stage.push({ 'next.txt': '1' }, { branch: 'next' }));
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await deadLetters()).toMatchObject([
      { type: 'github.push', attempts: 5, error: expect.stringContaining('fault injected at intake.before_insert') },
    ]);
    expect(await stage.outcomeOf(poison)).toMatchObject({
      state: 'dead',
      detail: expect.stringContaining('fault injected at intake.before_insert'),
    });
  });

  it('runs when its dead letter is replayed', async () => {
    const [letter] = await deadLetters();
    const [delivery] = await stage.rows<{ id: number }>(`SELECT id FROM webhook_delivery WHERE state = 'dead'`);
    const kim = await stage.api('kim');
    const answer = await kim.post(`/api/crosstie/v1/dead-letters/${letter?.id}/replay`);
    expect(answer.status).toBeLessThan(300);
    await until(
      async () => (await stage.rows('SELECT 1 FROM pipeline WHERE delivery_id = $1', delivery?.id))[0],
      'the pipeline',
    );
  });
});

describe('a delivery whose event is lost or told twice', () => {
  it('is taken up by the sweep when the bus has lost it', async () => {
    await stage.pipelineOf(await stage.push({ 'first.txt': '1' }));
    const body = Buffer.from(JSON.stringify({ ...(await stage.lastPush()), compare: 'lost' }));
    // As the gateway leaves it when it is killed and its outbox is lost with it.
    const [row] = await stage.rows<{ id: number }>(
      `INSERT INTO webhook_delivery (host, guid, event, body, body_size, body_sha256)
       SELECT host, gen_random_uuid()::text, 'push', $1, $2, '\\x01' FROM webhook_delivery LIMIT 1 RETURNING id`,
      gzipSync(body),
      body.length,
    );
    await stage.passTime(20_000);
    await until(
      async () => (await stage.rows('SELECT 1 FROM pipeline WHERE delivery_id = $1', row?.id))[0],
      'the pipeline',
    );
  });

  it('makes one pipeline when the consumer ends after the commit and the event comes again (F28)', async () => {
    armFaults('intake.after_insert=throw@1');
    const sha = await stage.push({ 'again.txt': '1' });
    await stage.pipelineOf(sha);
    await until(async () => {
      const events = await stage.rows(`SELECT 1 FROM event_attempt WHERE service = 'pipeline-orchestrator'`);
      return events.length === 0;
    }, 'the second delivery');
    expect(await stage.pipelines(sha)).toHaveLength(1);
    expect(await stage.jobs((await stage.pipelineOf(sha)).id)).toHaveLength(2);
  });

  it('makes one pipeline when the consumer ends before the commit', async () => {
    armFaults('intake.before_insert=throw@1');
    const sha = await stage.push({ 'before.txt': '1' });
    await until(async () => (await stage.pipelines(sha)).length === 1, 'the pipeline', 30_000);
    expect(await stage.jobs((await stage.pipelineOf(sha)).id)).toHaveLength(2);
  });
});
