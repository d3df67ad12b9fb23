/** One message of `/api/crosstie/v1/stream`: ids and versions, no contents. */
export type StreamEvent =
  | {
      readonly type: 'pipeline.created' | 'pipeline.changed';
      readonly project_id: number;
      readonly pipeline_id: number;
      readonly status?: string;
    }
  | {
      readonly type: 'job.started' | 'job.finished';
      readonly project_id: number;
      readonly pipeline_id: number;
      readonly job_id: number;
      readonly status?: string;
    }
  | { readonly type: 'trace.grown'; readonly job_id: number; readonly size: number }
  | { readonly type: 'project.changed'; readonly project_id: number }
  | { readonly type: 'delivery.received' }
  | { readonly type: 'reset' };

/** The beginning of the keys of what is to be asked for again. An empty key means everything. */
export type StaleKey = readonly (string | number)[];

/** What an event makes stale. */
export function staleKeys(event: StreamEvent): StaleKey[] {
  switch (event.type) {
    case 'pipeline.created':
    case 'pipeline.changed':
      return [['pipelines', event.project_id], ['pipeline', event.pipeline_id], ['projects'], ['deliveries']];
    case 'job.started':
    case 'job.finished':
      return [['job', event.job_id], ['pipeline', event.pipeline_id], ['runners']];
    case 'project.changed':
      return [['projects'], ['project']];
    case 'delivery.received':
      return [['deliveries']];
    case 'trace.grown':
      return [];
    case 'reset':
      return [[]];
  }
}

/** What a screen reader is told about an event; null when it is not worth a word. */
export function announcement(event: StreamEvent): string | null {
  if (event.type === 'pipeline.changed' && (event.status === 'success' || event.status === 'failed')) {
    return `Pipeline ${event.pipeline_id} ${event.status === 'success' ? 'passed' : 'failed'}`;
  }
  if (event.type === 'job.finished' && event.status === 'failed') return `Job ${event.job_id} failed`;
  return null;
}

/** Reads the data of a message; null for what this console does not know. */
export function readEvent(data: string): StreamEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  return knownTypes.has(String(value.type)) ? (value as StreamEvent) : null;
}

const knownTypes: ReadonlySet<string> = new Set<StreamEvent['type']>([
  'pipeline.created',
  'pipeline.changed',
  'job.started',
  'job.finished',
  'trace.grown',
  'project.changed',
  'delivery.received',
  'reset',
]);

/** `connecting` → `live` → `reconnecting` → `live` …; `closed` while the page has been hidden for long. */
export type Connection = 'connecting' | 'live' | 'reconnecting' | 'closed';

/** How the page stands to the stream. */
export interface EventState {
  readonly connection: Connection;
  /** Where to go on from after a break. */
  readonly lastEventId: string | null;
  /** The newest word for screen readers. */
  readonly said: string;
}

/** Told what is stale, each key once per batch. */
export type OnStale = (keys: readonly StaleKey[]) => void;
/** Told that a log has grown. */
export type OnTrace = (jobId: number, size: number) => void;

/**
 * Gathers the events of a stream into batches: what is stale is said once per `flush`, however many
 * events said so. Opens no connection and starts no timer itself.
 */
export class EventStore {
  private current: EventState = { connection: 'connecting', lastEventId: null, said: '' };
  private readonly stale = new Map<string, StaleKey>();
  private readonly traces = new Map<number, number>();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly onStale: OnStale,
    private readonly onTrace: OnTrace,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly state = (): EventState => this.current;

  /** The connection stands. What was read before it may be old, unless the stream goes on from a known place. */
  opened(): void {
    if (this.current.lastEventId === null) this.stale.set('[]', []);
    if (this.current.connection !== 'live') this.change({ connection: 'live' });
  }

  broke(): void {
    if (this.current.connection === 'live') this.change({ connection: 'reconnecting' });
  }

  closed(): void {
    this.change({ connection: 'closed' });
  }

  /** The server has said where its stream stands. */
  at(id: string): void {
    if (id !== '') this.current = { ...this.current, lastEventId: id };
  }

  /** Takes in one message. What it makes stale is told with the next `flush`. */
  accept(data: string, id: string): void {
    const event = readEvent(data);
    this.at(id);
    if (!event) return;
    for (const key of staleKeys(event)) this.stale.set(JSON.stringify(key), key);
    if (event.type === 'trace.grown') {
      this.traces.set(event.job_id, Math.max(event.size, this.traces.get(event.job_id) ?? 0));
    }
    const said = announcement(event);
    if (said !== null) this.change({ said });
  }

  /** Tells what has gathered. A stale everything swallows the rest. */
  flush(): void {
    if (this.stale.size > 0) {
      const keys = this.stale.has('[]') ? [[]] : [...this.stale.values()];
      this.stale.clear();
      this.onStale(keys);
    }
    for (const [jobId, size] of this.traces) this.onTrace(jobId, size);
    this.traces.clear();
  }

  private change(part: Partial<EventState>): void {
    this.current = { ...this.current, ...part };
    for (const listener of this.listeners) listener();
  }
}
