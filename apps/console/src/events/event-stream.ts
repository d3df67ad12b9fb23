import type { QueryClient } from '@tanstack/react-query';

import { EventStore } from './event-store.js';

const batchMs = 250;
/** The server writes a comment every 15 s; after this long without a word the connection is dead. */
const silenceMs = 45_000;
const hiddenMs = 5 * 60_000;

type TraceListener = (size: number) => void;

/**
 * The one connection of this tab to `/api/crosstie/v1/stream`: opened once somebody is signed in, renewed
 * with jitter when it breaks, closed when the tab has been hidden for five minutes.
 */
export class EventStream {
  readonly store: EventStore;
  private source: EventSource | null = null;
  private wanted = false;
  private silence = 0;
  private retry = 0;
  private hidden = 0;
  private flushing = 0;
  private readonly traceListeners = new Map<number, Set<TraceListener>>();

  constructor(private readonly queries: QueryClient) {
    this.store = new EventStore(
      (keys) => {
        for (const queryKey of keys) void queries.invalidateQueries({ queryKey: [...queryKey] });
      },
      (jobId, size) => {
        for (const listener of this.traceListeners.get(jobId) ?? []) listener(size);
      },
    );
    document.addEventListener('visibilitychange', () => this.visibilityChanged());
  }

  start(): void {
    this.wanted = true;
    if (this.source === null) this.connect();
  }

  /** Nobody is signed in any more. */
  stop(): void {
    this.wanted = false;
    this.disconnect();
  }

  /** Asks the server to say when this job's log grows. The stream is opened anew with the other topic. */
  watchTrace(jobId: number, listener: TraceListener): () => void {
    const listeners = this.traceListeners.get(jobId) ?? new Set();
    this.traceListeners.set(jobId, listeners.add(listener));
    if (listeners.size === 1) this.topicsChanged();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      this.traceListeners.delete(jobId);
      this.topicsChanged();
    };
  }

  private topicsChanged(): void {
    if (this.wanted) this.connect();
  }

  private connect(): void {
    this.disconnect();
    const source = new EventSource(this.address());
    this.source = source;
    source.addEventListener('open', () => {
      this.store.opened();
      this.heard();
      this.flushSoon();
    });
    source.addEventListener('message', (message: MessageEvent<string>) => {
      this.store.accept(message.data, message.lastEventId);
      this.heard();
      this.flushSoon();
    });
    // A named event, because a comment line cannot be seen from here.
    source.addEventListener('alive', (message: MessageEvent<string>) => {
      this.store.at(message.lastEventId);
      this.heard();
    });
    source.addEventListener('error', () => this.connectLater());
    this.heard();
  }

  private address(): string {
    const topics = [...this.traceListeners.keys()].map((jobId) => `trace:${jobId}`).join(',');
    const from = this.store.state().lastEventId;
    const search = new URLSearchParams({ ...(topics ? { topics } : {}), ...(from ? { last_event_id: from } : {}) });
    return `/api/crosstie/v1/stream?${search.toString()}`;
  }

  private heard(): void {
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.connectLater(), silenceMs);
  }

  private connectLater(): void {
    this.disconnect();
    this.store.broke();
    // A session that has ended ends the stream too: the page then asks to sign in.
    void this.queries.invalidateQueries({ queryKey: ['account'] });
    this.retry = window.setTimeout(() => this.connect(), 1000 + Math.random() * 4000);
  }

  private disconnect(): void {
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  private flushSoon(): void {
    if (this.flushing !== 0) return;
    this.flushing = window.setTimeout(() => {
      this.flushing = 0;
      this.store.flush();
    }, batchMs);
  }

  private visibilityChanged(): void {
    clearTimeout(this.hidden);
    if (!this.wanted) return;
    if (document.hidden) {
      this.hidden = window.setTimeout(() => {
        this.disconnect();
        this.store.closed();
      }, hiddenMs);
    } else if (this.store.state().connection === 'closed') {
      this.connect();
    }
  }
}
