import { setTimeout as wait } from 'node:timers/promises';

import type { FaultPointName } from '@crosstie/platform';

import { becomeQuiet, examine, type Examination } from '../../storm/aftermath.js';
import type { StormHouse } from '../../storm/house.js';
import type { ProcessUnderTest } from '../../storm/process-under-test.js';
import { Traffic } from '../../storm/traffic.js';
import { until } from '../../until.js';
import type { PlannedKill } from './plan-kills.js';
import { countSteps, type StepCounts } from './push-steps.js';
import type { Victim } from './victims.js';

/** How long a fault point may take to be met. */
const meetWithinMs = 120_000;
const healWithinMs = 10 * 60_000;
const breatheWithinMs = 180_000;

export interface Kill {
  point: FaultPointName | null;
  /** False: its fault point was not met in time, and it was killed by hand. */
  met: boolean;
  /** Of all pushes so far, at the moment of the kill. */
  steps: StepCounts;
}

export interface KillReport extends Examination {
  victim: Victim;
  kills: Kill[];
  quietAfterMs: number;
}

/** Pushes, kills the victim as planned, lets everything come to rest, and checks what must hold. */
export async function killWhilePushing(
  house: StormHouse,
  victim: Victim,
  plan: readonly PlannedKill[],
  onKill: (kill: Kill, nth: number) => void = () => undefined,
): Promise<KillReport> {
  const traffic = new Traffic(house.github, house.dana);
  const kills: Kill[] = [];
  for (const planned of plan) {
    const { point } = planned;
    const kill = await (point === null
      ? strike(house, victim, planned, traffic)
      : strikeAt(house, victim, planned, point, traffic));
    onKill(kill, kills.push(kill));
    await breathe(house);
  }
  const began = performance.now();
  await house.heal();
  await becomeQuiet(house, { healWithinMs });
  const quietAfterMs = Math.round(performance.now() - began);
  return { victim, kills, quietAfterMs, ...(await examine(house, traffic)) };
}

/**
 * An event whose process ends at it five times is a dead letter (W10), and here one point after the other meets the
 * oldest event. So what was begun thrice is let through before the next kill.
 */
async function breathe(house: StormHouse): Promise<void> {
  const tried = async (): Promise<number> => (await house.rows(`SELECT FROM event_attempt WHERE attempts >= 3`)).length;
  await until(async () => (await tried()) === 0, 'events that were tried often to be handled', breatheWithinMs);
}

async function pushAll(traffic: Traffic, gapsMs: readonly number[]): Promise<void> {
  for (const gapMs of gapsMs) {
    await wait(gapMs);
    await traffic.push('short');
  }
}

/** Kills at a moment of its own, whoever is pushing. */
async function strike(house: StormHouse, victim: Victim, planned: PlannedKill, traffic: Traffic): Promise<Kill> {
  const pushing = pushAll(traffic, planned.gapsMs);
  // Told below; until then it must not count as unhandled.
  pushing.catch(() => undefined);
  await wait(planned.afterMs);
  const steps = await countSteps(house, traffic.pushes);
  await killOne(house, victim, planned);
  await pushing;
  return { point: null, met: true, steps };
}

async function killOne(house: StormHouse, victim: Victim, { downMs, second }: PlannedKill): Promise<void> {
  if (victim === 'postgresql') {
    house.database.kill('SIGKILL');
    await wait(downMs);
    return house.database.startAgain();
  }
  if (victim === 'nats-server') {
    await house.servers.nats?.kill();
    await wait(downMs);
    return house.servers.nats?.start();
  }
  const process = processOf(house, victim === 'runner' ? aRunner(house, second) : victim);
  await process.kill();
  await wait(downMs);
  process.start();
  await process.ready();
}

function aRunner({ runners }: StormHouse, second: boolean): string {
  return (second ? runners.at(-1) : runners[0])?.name ?? '';
}

/** Starts the victim anew with one of its points armed, pushes into it, and waits for its end there. */
async function strikeAt(
  house: StormHouse,
  victim: Victim,
  { nth, gapsMs }: PlannedKill,
  point: FaultPointName,
  traffic: Traffic,
): Promise<Kill> {
  const process = processOf(house, victim);
  await process.kill();
  const isExchange = point === 'vault.before_exchange';
  if (isExchange) await endParents(house);
  const dying = process.startDoomed(`${point}=kill@${isExchange ? 1 : nth}`, meetWithinMs);
  // Of what was left it may die before it serves.
  await Promise.race([dying, process.ready()]);
  await pushAll(traffic, gapsMs);
  const met = await dying;
  const steps = await countSteps(house, traffic.pushes);
  if (!met) {
    await process.kill();
    process.start();
  }
  await process.ready();
  return { point, met, steps };
}

/** GitHub no longer takes the people's access tokens, so that the next use of one exchanges a refresh token. */
async function endParents({ github }: StormHouse): Promise<void> {
  const parents = (await github.secrets()).filter(({ kind, live }) => kind === 'user_token' && live);
  for (const { value } of parents) await github.endToken(value);
}

function processOf(house: StormHouse, name: string): ProcessUnderTest {
  const found = house.processes.find((process) => process.name === name);
  if (!found) throw new Error(`there is no process ${name} in this house`);
  return found;
}
