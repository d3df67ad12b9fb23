import { becomeQuiet, examine, type Examination, type QuietOptions } from './aftermath.js';
import { StormHouse } from './house.js';
import { type Mode, planStorm } from './plan.js';
import { Traffic } from './traffic.js';
import { Weather } from './weather.js';

export interface StormOptions extends QuietOptions {
  seed: number;
  /** How long things go wrong. */
  ms: number;
  mode: Mode;
  /** Default 1200: the time from one action to the next, on average. */
  everyMs?: number;
  /** Keeps all logs and rows of PostgreSQL, and says where, if an invariant is broken. */
  keepBroken?: boolean;
}

export interface StormReport extends Examination {
  faults: Map<string, number>;
  healedAfterMs: number;
  /** Where everything lies, if it was kept. */
  directory: string | null;
}

/** Builds a house, lets the storm of that seed over it, heals it, and checks what must hold. */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const say = options.say ?? (() => undefined);
  const steps = planStorm(options);
  const house = await StormHouse.build(options.mode);
  try {
    const traffic = new Traffic(house.github, house.dana);
    const weather = new Weather(house, traffic);
    say(`${steps.length} actions; everything lies in ${house.directory}`);
    await weather.play(steps, options.signal);
    say('the storm is over; healing');
    const began = performance.now();
    await house.heal();
    await becomeQuiet(house, options);
    const healedAfterMs = Math.round(performance.now() - began);
    say(`quiet after ${healedAfterMs} ms; checking`);
    const report = { ...(await examine(house, traffic)), faults: weather.counts, healedAfterMs };
    if (report.broken.length > 0 && options.keepBroken) house.keepDirectory();
    return { ...report, directory: report.broken.length > 0 && options.keepBroken ? house.directory : null };
  } finally {
    await house.tearDown();
  }
}
