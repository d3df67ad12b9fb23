import { setTimeout as wait } from 'node:timers/promises';

import type { RequestFault } from '@crosstie/github-simulator';

import { repository } from '../world.js';
import type { StormHouse } from './house.js';
import type { Action, Step } from './plan.js';
import type { ProcessUnderTest } from './process-under-test.js';
import type { TcpProxy } from './tcp-proxy.js';
import type { Traffic } from './traffic.js';

type Of<Do extends Action['do']> = Extract<Action, { do: Do }>;

const requestTimeoutMs = 5000;
const doomWithinMs = 15_000;

/** Does what the plan says. What happens to one target happens in turn; different targets suffer at once. */
export class Weather {
  /** How often each kind of thing was done, by a name for people. */
  readonly counts = new Map<string, number>();
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly house: StormHouse,
    private readonly traffic: Traffic,
  ) {}

  /** Plays all steps at their moments, and waits for the last of them. Throws what the storm itself could not do. */
  async play(steps: readonly Step[], signal?: AbortSignal): Promise<void> {
    const began = performance.now();
    const doings: Promise<unknown>[] = [];
    try {
      for (const { atMs, action } of steps) {
        await wait(Math.max(0, began + atMs - performance.now()), undefined, { signal });
        this.count(action);
        const doing = this.inTurn(targetOf(action), () => this.do(action));
        // Told below; until then it must not count as unhandled.
        doing.catch(() => undefined);
        doings.push(doing);
      }
    } finally {
      // Nothing may be started again once everything is taken down.
      await Promise.allSettled(doings);
    }
    await Promise.all(doings);
  }

  private inTurn(target: string, work: () => Promise<unknown>): Promise<unknown> {
    const turn = (this.turns.get(target) ?? Promise.resolve()).then(work);
    this.turns.set(
      target,
      turn.catch(() => undefined),
    );
    return turn;
  }

  private do(action: Action): Promise<unknown> {
    switch (action.do) {
      case 'push':
        return this.traffic.push(action.kind);
      case 'press':
        return this.traffic.press(action.button, action.back);
      case 'kill':
        return this.kill(action);
      case 'doom':
        return this.doom(action);
      case 'kill_database':
        return this.killDatabase(action);
      case 'pause':
        return this.process(action.target).pause(action.ms);
      case 'delivery':
        return this.house.github.deliveryFault(deliveryFault(action));
      case 'github':
        return this.troubleGithub(action);
      case 'wire':
        return this.troubleWire(action);
    }
  }

  private async kill({ target, downMs }: Of<'kill'>): Promise<void> {
    const { nats } = this.house.servers;
    if (target === 'nats' || target === 'nats_and_store') {
      await nats?.kill();
      if (target === 'nats_and_store') await nats?.deleteStore();
      await wait(downMs);
      await nats?.start();
      return;
    }
    const process = this.process(target);
    await process.kill();
    await wait(downMs);
    process.start();
  }

  /** Dies at a point of its code, if that is met soon; only that counts. */
  private async doom({ target, point, nth }: Of<'doom'>): Promise<void> {
    const process = this.process(target);
    await process.kill();
    const met = await process.startDoomed(`${point}=kill@${nth}`, doomWithinMs);
    if (met) this.add(`${target} died at ${point}`);
    else {
      this.add(`kill ${target}`);
      await process.kill();
      process.start();
    }
  }

  private async killDatabase({ signal, downMs }: Of<'kill_database'>): Promise<void> {
    this.house.database.kill(signal);
    await wait(downMs);
    await this.house.database.startAgain();
  }

  private async troubleGithub({ trouble, route, times, ms }: Of<'github'>): Promise<void> {
    const { github } = this.house;
    if (trouble === 'lag') {
      await github.lag(repository, { ms });
      await wait(requestTimeoutMs);
      await github.lag(repository, { ms: 0 });
      return;
    }
    const effects: Record<typeof trouble, Partial<RequestFault>> = {
      answer_5xx: { status: 502, message: 'Bad Gateway' },
      answer_lost: { lostAnswer: true },
      reset: { reset: true },
      retry_later: {
        status: 403,
        message: 'You have exceeded a secondary rate limit.',
        retryAfter: Math.ceil(ms / 1000),
      },
      slow: { delayMs: ms * 3 },
    };
    await github.fault({ route, times, ...effects[trouble] });
  }

  private async troubleWire({ wire, trouble, ms }: Of<'wire'>): Promise<void> {
    const proxy = this.proxy(wire);
    if (trouble === 'cut') {
      proxy.cut();
      return;
    }
    proxy.set(trouble === 'delay' ? { kind: 'delay', ms: Math.round(ms / 10) } : { kind: 'black_hole' });
    await wait(ms);
    proxy.set({ kind: 'pass' });
  }

  private process(name: string): ProcessUnderTest {
    const found = this.house.processes.find((process) => process.name === name);
    if (!found) throw new Error(`there is no process ${name}`);
    return found;
  }

  private proxy(wire: Of<'wire'>['wire']): TcpProxy {
    const { githubProxy, databaseProxy, servers } = this.house;
    const found = { github: githubProxy, database: databaseProxy, nats: servers.natsProxy }[wire];
    if (!found) throw new Error(`nothing stands before ${wire}`);
    return found;
  }

  private count(action: Action): void {
    const name = nameOf(action);
    if (name !== null) this.add(name);
  }

  private add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}

/** Two things that share one must not happen to it at once. */
function targetOf(action: Action): string {
  switch (action.do) {
    case 'kill':
      return action.target === 'nats_and_store' ? 'nats' : action.target;
    case 'doom':
    case 'pause':
      return action.target;
    case 'wire':
      return `wire to ${action.wire}`;
    case 'github':
      return action.trouble === 'lag' ? 'lag' : 'github';
    case 'push':
    case 'press':
      return 'people';
    case 'delivery':
      return 'deliveries';
    case 'kill_database':
      return 'database';
  }
}

/** Of a fault; null for what people do, and for what is counted when it has happened. */
function nameOf(action: Action): string | null {
  switch (action.do) {
    case 'push':
    case 'press':
    case 'doom':
      return null;
    case 'kill':
      return `kill ${action.target.replaceAll('_', ' ')}`;
    case 'kill_database':
      return `${action.signal} postgresql`;
    case 'pause':
      return `pause ${action.target}`;
    case 'delivery':
      return `delivery ${action.fault}`;
    case 'github':
      return `github ${action.trouble.replaceAll('_', ' ')}`;
    case 'wire':
      return `wire to ${action.wire} ${action.trouble.replaceAll('_', ' ')}`;
  }
}

function deliveryFault({ fault, ms }: Of<'delivery'>) {
  const effects = {
    drop: { drop: true },
    twice: { times: 2 },
    late: { delayMs: ms },
    overtaken: { holdBehind: 1 + (ms % 3) },
  };
  return { event: 'push', ...effects[fault] };
}
