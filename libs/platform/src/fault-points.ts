/**
 * Every place where a test can break a process on purpose. A place that is not listed cannot be named. What stands
 * between two statements of one transaction, or before one that is its own, comes before its commit.
 */
export const faultPointNames = [
  'gateway.before_insert',
  'gateway.after_insert',
  'orchestrator.after_actor',
  'orchestrator.after_ci_read',
  'orchestrator.after_compile',
  'intake.before_insert',
  'intake.after_insert',
  'vault.before_exchange',
  'vault.after_exchange',
  'consumer.after_commit',
  'outbox.before_publish',
  'outbox.after_publish',
  'claim.after_commit',
  'trace.after_append',
  'artifact.after_put',
  'finish.after_commit',
  'reaper.leading',
  'advance.before_commit',
  'advance.after_commit',
  'status.before_post',
  'status.after_post',
  'recovery.after_page',
  'recovery.before_mark',
  'migrate.mid',
] as const;

export type FaultPointName = (typeof faultPointNames)[number];

export type FaultAction = { do: 'kill' | 'throw' | 'drop' | 'stop' } | { do: 'delay'; ms: number };

interface Fault {
  readonly action: FaultAction;
  /** The hit on which it acts; null: on each. */
  readonly nth: number | null;
}

/** Thrown by the action `throw`. */
export class FaultInjected extends Error {
  constructor(readonly point: FaultPointName) {
    super(`fault injected at ${point}`);
    this.name = 'FaultInjected';
  }
}

/** Thrown by the action `drop`: whoever holds a connection destroys it without an answer. */
export class ConnectionDropped extends Error {
  constructor(readonly point: FaultPointName) {
    super(`connection dropped at ${point}`);
    this.name = 'ConnectionDropped';
  }
}

const armed = new Map<FaultPointName, Fault>();
const hits = new Map<FaultPointName, number>();

/**
 * Arms the points of a text such as `gateway.after_insert=kill@2,status.after_post=delay:500`; an empty text
 * disarms all. Hits are counted anew. Throws a RangeError that says what is wrong with the text.
 */
export function armFaults(text: string): void {
  const faults = parseFaults(text);
  armed.clear();
  hits.clear();
  for (const [name, fault] of faults) armed.set(name, fault);
}

/** Reads the text without arming anything. */
export function parseFaults(text: string): Map<FaultPointName, Fault> {
  const faults = new Map<FaultPointName, Fault>();
  for (const part of text.split(',').filter((piece) => piece.trim() !== '')) {
    const match = /^\s*([\w.]+)=(kill|throw|drop|stop|delay:(\d+))(?:@(\d+))?\s*$/.exec(part);
    if (!match) throw new RangeError(`"${part.trim()}" is not point=kill|throw|drop|stop|delay:ms[@n]`);
    const [, point = '', what = '', ms, nth] = match;
    const name = faultPointNames.find((known) => known === point);
    if (!name) throw new RangeError(`"${point}" is not a fault point`);
    const action: FaultAction =
      ms === undefined ? { do: what as 'kill' | 'throw' | 'drop' | 'stop' } : { do: 'delay', ms: Number(ms) };
    faults.set(name, { action, nth: nth === undefined ? null : Number(nth) });
  }
  return faults;
}

/** How often each point was passed in this process. */
export function faultHits(): ReadonlyMap<FaultPointName, number> {
  return hits;
}

/**
 * Does nothing in production but count. Await it: an armed point may delay, throw, end or stop the process here.
 */
export function faultPoint(name: FaultPointName): Promise<void> | void {
  const hit = (hits.get(name) ?? 0) + 1;
  hits.set(name, hit);
  const fault = armed.get(name);
  if (!fault || (fault.nth !== null && fault.nth !== hit)) return;
  return act(name, fault.action);
}

function act(name: FaultPointName, action: FaultAction): Promise<void> | void {
  switch (action.do) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'stop':
      process.kill(process.pid, 'SIGSTOP');
      return;
    case 'throw':
      throw new FaultInjected(name);
    case 'drop':
      throw new ConnectionDropped(name);
    case 'delay':
      return new Promise((resolve) => {
        setTimeout(resolve, action.ms);
      });
  }
}
