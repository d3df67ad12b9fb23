import { LogBuffer } from './log-buffer.js';

/** A piece of a log, and how long the log was when it was read. */
export interface TracePart {
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** Reads bytes of a log from `offset` on, at most `limit`. */
export type ReadTrace = (offset: number, limit: number) => Promise<TracePart>;

/** How far the page has come with a log. */
export interface TraceState {
  readonly lineCount: number;
  /** Bytes here, and bytes that the server is known to have. */
  readonly loaded: number;
  readonly size: number;
  readonly reading: boolean;
  readonly error: unknown;
}

/** One read asks for so much: the first lines stand on the page before the rest has come. */
export const windowBytes = 1024 * 1024;

/**
 * Fills a log buffer from the server: idle → reading → idle. `grewTo` says that there is more; while
 * bytes are missing it reads windows one after the other. After an error it rests until asked again.
 */
export class TraceFeed {
  readonly buffer = new LogBuffer();
  private current: TraceState = { lineCount: 0, loaded: 0, size: 0, reading: false, error: null };
  private readonly listeners = new Set<() => void>();
  private stopped = false;
  /** Somebody asked while a read was on its way: its answer may be older than the question. */
  private askedAgain = false;

  constructor(private readonly read: ReadTrace) {}

  /** For React's `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly state = (): TraceState => this.current;

  /** The server has said how long the log is now. */
  grewTo(size: number): void {
    if (size > this.current.size) this.change({ size });
    if (size > this.buffer.size) this.load();
  }

  /** Reads what there is, even if nobody has said that there is more. */
  load(): void {
    if (this.stopped) return;
    if (this.current.reading) this.askedAgain = true;
    else void this.run();
  }

  /** Goes on after a `stop`. */
  start(): void {
    this.stopped = false;
    this.load();
  }

  /** Nobody looks any more: what is on its way is thrown away. */
  stop(): void {
    this.stopped = true;
  }

  private async run(): Promise<void> {
    this.change({ reading: true, error: null });
    try {
      do {
        this.askedAgain = false;
        const part = await this.read(this.buffer.size, windowBytes);
        if (this.stopped) break;
        this.buffer.append(part.bytes);
        const size = Math.max(part.size, this.buffer.size);
        this.change({ lineCount: this.buffer.lineCount, loaded: this.buffer.size, size });
        if (part.bytes.length === 0 && !this.askedAgain) break;
      } while (this.askedAgain || this.buffer.size < this.current.size);
      this.change({ reading: false });
    } catch (error) {
      this.change({ reading: false, error });
    }
  }

  private change(part: Partial<TraceState>): void {
    this.current = { ...this.current, ...part };
    for (const listener of this.listeners) listener();
  }
}
