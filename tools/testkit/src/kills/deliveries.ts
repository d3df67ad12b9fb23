import { expect } from '@jest/globals';
import type { FaultPointName } from '@crosstie/platform';

import { until } from '../until.js';
import type { House, Push } from './house.js';
import { deliveriesOf, expectOneOutcome } from './outcome.js';

export async function beforeGatewayInsert(house: House): Promise<void> {
  const push = await pushInto(house, 'gateway.before_insert=kill');
  expect(await house.rows('SELECT id FROM webhook_delivery WHERE guid = $1', await guidOf(house, push))).toEqual([]);
  await house.server.start();
  await expectOneOutcome(house, push);
  expect(await deliveriesOf(house, push)).toMatchObject([{ recovered: true }]);
}

export async function afterGatewayInsert(house: House): Promise<void> {
  const push = await pushInto(house, 'gateway.after_insert=kill');
  await house.server.start();
  const again = await house.github.redeliver((await sentFor(house, push))?.id ?? '');
  await until(async () => {
    const sent = (await house.github.deliveries({ guid: again.guid })).at(-1);
    return sent?.redelivery && sent.done && sent.statusCode === 202;
  }, 'the delivery sent again to be taken');
  await expectOneOutcome(house, push);
  expect(await deliveriesOf(house, push)).toMatchObject([{ recovered: false }]);
}

/** A push that nobody was there to take is found by a reader of GitHub's log that dies before it notes how far it read. */
export async function recoveryIsKilled(house: House, point: FaultPointName): Promise<void> {
  await house.server.start();
  await house.server.stop();
  const push = await house.push();
  await until(async () => (await sentFor(house, push))?.done, 'GitHub to know what came of the delivery');
  house.server.launch({ CROSSTIE_FAULTS: `${point}=kill`, CROSSTIE_ALLOW_FAULTS: 'yes' });
  await house.server.died();
  await house.server.start();
  await expectOneOutcome(house, push);
  expect(await deliveriesOf(house, push)).toMatchObject([{ recovered: true }]);
}

/** A push whose delivery GitHub records as failed. */
async function pushInto(house: House, faults: string): Promise<Push> {
  await house.server.start(faults);
  const push = await house.push();
  await house.server.died();
  await until(async () => (await sentFor(house, push))?.done, 'GitHub to know what came of the delivery');
  const sent = await sentFor(house, push);
  expect(sent?.statusCode ?? 0).not.toBe(202);
  return push;
}

async function sentFor(house: House, { sha }: Push) {
  const sent = await house.github.deliveries({ event: 'push' });
  return sent.find(({ payload }) => (payload as { after: string }).after === sha);
}

async function guidOf(house: House, push: Push): Promise<string> {
  return (await sentFor(house, push))?.guid ?? '';
}
