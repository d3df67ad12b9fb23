import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@crosstie/testkit';

import { type PushingStage, startPushingStage } from '../testing/pushing-stage.js';

let stage: PushingStage;
let made = 0;

beforeAll(async () => {
  stage = await startPushingStage({ config: { recoveryIntervalMs: 1000 } });
}, 60_000);
afterAll(() => stage.stop());

function somethingNew(): Record<string, string> {
  made += 1;
  return { 'counter.txt': String(made) };
}

async function deliveriesOf(sha: string) {
  return stage.rows<{ id: number; recovered: boolean; reason: string | null }>(
    'SELECT d.id, d.recovered, d.reason FROM webhook_delivery d JOIN pipeline p ON p.delivery_id = d.id WHERE p.sha = $1',
    sha,
  );
}

describe('a delivery that never arrived', () => {
  it('is found in GitHub’s log, taken in once and marked as recovered', async () => {
    await stage.github.deliveryFault({ event: 'push', drop: true });
    const sha = await stage.push(somethingNew());
    expect(await stage.pipelineOf(sha)).toMatchObject({ recovered: true, status: 'pending' });
    expect(await deliveriesOf(sha)).toMatchObject([{ recovered: true }]);
  });

  it('because the gateway could not take it is found too', async () => {
    await stage.github.changeApp(stage.appSlug, { hookUrl: 'http://127.0.0.1:9/nobody' });
    const sha = await stage.push(somethingNew());
    await stage.github.changeApp(stage.appSlug, { hookUrl: `${stage.url}/webhooks/github` });
    expect(await stage.pipelineOf(sha)).toMatchObject({ recovered: true });
  });

  it('and is sent again while it is recovered makes one pipeline', async () => {
    await stage.github.deliveryFault({ event: 'push', drop: true });
    const sha = await stage.push(somethingNew());
    await stage.pipelineOf(sha);
    const sent = await stage.github.deliveries({ event: 'push' });
    const own = sent.find(({ payload }) => (payload as { after: string }).after === sha);
    await stage.github.redeliver(own?.id ?? '');
    await stage.github.settled();
    expect(await stage.pipelines(sha)).toHaveLength(1);
    expect(await deliveriesOf(sha)).toHaveLength(1);
  });

  it('is one of many, over several pages of the log, with numbers that no JavaScript number holds, taken in as sent', async () => {
    const [first] = await stage.github.deliveries();
    expect(Number.isSafeInteger(Number(first?.id))).toBe(false);
    await stage.github.deliveryFault({ event: 'push', drop: true, count: 3 });
    const shas: string[] = [];
    for (let n = 0; n < 3; n += 1) shas.push(await stage.push(somethingNew(), { branch: `many-${n}` }));
    for (let n = 0; n < 110; n += 1) await stage.deliver({ zen: String(n), hook_id: 1 }, { event: 'ping' });
    for (const sha of shas) expect(await stage.pipelineOf(sha)).toMatchObject({ recovered: true });
    const ids = await Promise.all(shas.map(async (sha) => (await deliveriesOf(sha))[0]?.id ?? 0));
    expect(ids.toSorted((a, b) => a - b)).toEqual(ids);
  }, 60_000);

  it('leaves the mark that the log is read up to, and reads no further back than it has to', async () => {
    const mark = () => stage.rows<{ complete_to: Date }>('SELECT complete_to FROM recovery_mark');
    const [before] = await until(async () => {
      const rows = await mark();
      return rows.length > 0 && rows;
    }, 'the first mark');
    await until(async () => {
      const [now] = await mark();
      return now && before && now.complete_to > before.complete_to;
    }, 'the mark to move');
  });

  it('is never recovered when it had arrived', async () => {
    const sha = await stage.push(somethingNew());
    await stage.pipelineOf(sha);
    const [before] = await stage.rows<{ n: number }>('SELECT count(*)::int AS n FROM webhook_delivery');
    const [mark] = await stage.rows<{ ran_at: Date }>('SELECT ran_at FROM recovery_mark');
    await until(async () => {
      const [now] = await stage.rows<{ ran_at: Date }>('SELECT ran_at FROM recovery_mark');
      return now && mark && now.ran_at > mark.ran_at;
    }, 'another reading');
    expect(await stage.rows('SELECT count(*)::int AS n FROM webhook_delivery')).toEqual([before]);
    expect(await deliveriesOf(sha)).toMatchObject([{ recovered: false }]);
  });
});
