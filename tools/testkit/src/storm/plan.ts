import type { ServiceName } from '@crosstie/messaging';
import type { FaultPointName } from '@crosstie/platform';

import { pointsOfServer } from './points-of-server.js';
import { SeededRandom } from './seeded-random.js';

/** `joined`: one server of five modules. `processes`: five servers over nats-server. */
export type Mode = 'joined' | 'processes';

export type ServerName = 'crosstie' | ServiceName;
export type RunnerName = 'runner-1' | 'runner-2';
export type Wire = 'database' | 'github' | 'nats';
export type PushKind =
  | 'good'
  | 'failing'
  | 'talkative'
  | 'slow'
  | 'unlinked'
  | 'broken'
  | 'without'
  | 'branch'
  | 'gone'
  | 'short';
export type GithubTrouble = 'answer_5xx' | 'answer_lost' | 'reset' | 'retry_later' | 'slow' | 'lag';

/** What happens next. Everything about it is decided here, so that a seed can be played again. */
export type Action =
  | { do: 'push'; kind: PushKind }
  | { do: 'press'; button: 'cancel' | 'retry'; /** How many pushes ago. */ back: number }
  | { do: 'kill'; target: ServerName | RunnerName | 'nats' | 'nats_and_store'; downMs: number }
  | { do: 'doom'; target: ServerName; point: FaultPointName; /** On which hit it dies. */ nth: number }
  | { do: 'kill_database'; signal: 'SIGKILL' | 'SIGQUIT'; downMs: number }
  | { do: 'pause'; target: ServerName | RunnerName; ms: number }
  | { do: 'delivery'; fault: 'drop' | 'twice' | 'late' | 'overtaken'; ms: number }
  | { do: 'github'; trouble: GithubTrouble; route: string; times: number; ms: number }
  | { do: 'wire'; wire: Wire; trouble: 'cut' | 'delay' | 'black_hole'; ms: number };

export interface Step {
  readonly atMs: number;
  readonly action: Action;
}

export interface PlanOptions {
  seed: number;
  /** How long things go wrong; what follows is healing. */
  ms: number;
  mode: Mode;
  /** Default 1200: how long it is from one action to the next, on average. */
  everyMs?: number;
}

const services = [
  'webhook-gateway',
  'identity-linker',
  'pipeline-orchestrator',
  'runner-api',
  'status-reporter',
] as const satisfies readonly ServiceName[];

const routes = [
  '/repos/*',
  '/repos/{owner}/{repo}/statuses/*',
  '/repos/{owner}/{repo}/contents*',
  '/repos/{owner}/{repo}/compare/*',
  '/repos/{owner}/{repo}/collaborators/*',
  '/app/installations/*',
  '/app/hook/*',
] as const;

/** All actions of a storm with their moments, in order. */
export function planStorm({ seed, ms, mode, everyMs = 1200 }: PlanOptions): Step[] {
  const random = new SeededRandom(seed);
  const steps: Step[] = [];
  for (let atMs = 0; ; atMs += random.between(everyMs / 3, (everyMs * 5) / 3)) {
    if (atMs >= ms) return steps;
    steps.push({ atMs: Math.round(atMs), action: nextAction(random, mode) });
  }
}

function nextAction(random: SeededRandom, mode: Mode): Action {
  const kind = random.weighted({
    push: 50,
    press: 4,
    server: 6,
    doom: 5,
    runner: 6,
    stores: 4,
    pause: 7,
    delivery: 8,
    github: 9,
    wire: 7,
  });
  switch (kind) {
    case 'push':
      return { do: 'push', kind: nextPush(random) };
    case 'press':
      return { do: 'press', button: random.pick(['cancel', 'retry']), back: random.between(1, 5) };
    case 'server':
      return { do: 'kill', target: aServer(random, mode), downMs: random.between(0, 3000) };
    case 'doom':
      return aDoom(random, mode);
    case 'runner':
      return { do: 'kill', target: random.pick(['runner-1', 'runner-2']), downMs: random.between(0, 4000) };
    case 'stores':
      return aStore(random, mode);
    case 'pause':
      return { do: 'pause', target: aPaused(random, mode), ms: random.between(500, 12_000) };
    case 'delivery':
      return {
        do: 'delivery',
        fault: random.pick(['drop', 'twice', 'late', 'overtaken']),
        ms: random.between(200, 6000),
      };
    case 'github':
      return troubleAtGithub(random);
    case 'wire':
      return {
        do: 'wire',
        wire: random.pick(mode === 'joined' ? ['database', 'github'] : ['database', 'github', 'nats']),
        trouble: random.pick(['cut', 'delay', 'black_hole']),
        ms: random.between(300, 6000),
      };
  }
}

function nextPush(random: SeededRandom): PushKind {
  return random.weighted({
    good: 40,
    failing: 10,
    talkative: 15,
    slow: 10,
    unlinked: 6,
    broken: 5,
    without: 3,
    branch: 8,
    gone: 3,
  });
}

function aServer(random: SeededRandom, mode: Mode): ServerName {
  return mode === 'joined' ? 'crosstie' : random.pick(services);
}

/** Not where a person's token is exchanged: nobody ends it here, so that point is seldom met. */
function aDoom(random: SeededRandom, mode: Mode): Action {
  const target = mode === 'joined' ? 'crosstie' : random.pick(services);
  const [first = 'consumer.after_commit', ...others] = pointsOfServer(target).filter(
    (name) => !name.startsWith('vault'),
  );
  return { do: 'doom', target, point: random.pick([first, ...others]), nth: random.between(1, 3) };
}

function aPaused(random: SeededRandom, mode: Mode): ServerName | RunnerName {
  return random.next() < 0.4 ? random.pick(['runner-1', 'runner-2']) : aServer(random, mode);
}

function aStore(random: SeededRandom, mode: Mode): Action {
  const downMs = random.between(0, 4000);
  const which = mode === 'joined' ? 'database' : random.pick(['database', 'nats', 'nats_and_store'] as const);
  if (which !== 'database') return { do: 'kill', target: which, downMs };
  return { do: 'kill_database', signal: random.pick(['SIGKILL', 'SIGQUIT']), downMs };
}

function troubleAtGithub(random: SeededRandom): Action {
  const trouble = random.pick(['answer_5xx', 'answer_lost', 'reset', 'retry_later', 'slow', 'lag'] as const);
  return {
    do: 'github',
    trouble,
    route: random.pick(routes),
    times: random.between(1, 6),
    ms: random.between(200, 4000),
  };
}
