/** What one pipeline may fetch beside its CI file. The compiler counts the includes: at most 150. */
export const fetchLimits = {
  fileBytes: 1024 * 1024,
  allBytes: 5 * 1024 * 1024,
  totalMs: 30_000,
  remoteMs: 5_000,
  atOnce: 8,
} as const;

export type FetchLimits = { readonly [Key in keyof typeof fetchLimits]: number };

/** Time, bytes and calls at once of one pipeline's fetching. */
export class FetchBudget {
  readonly ending: AbortSignal;
  private bytesLeft: number;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(readonly limits: FetchLimits = fetchLimits) {
    this.ending = AbortSignal.timeout(limits.totalMs);
    this.bytesLeft = limits.allBytes;
  }

  /** Whether so many bytes more may be kept; they are counted then. */
  take(bytes: number): boolean {
    if (bytes > this.bytesLeft) return false;
    this.bytesLeft -= bytes;
    return true;
  }

  /** Does it when fewer than `atOnce` others are under way. Throws TimeOver when the time of all is over first. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.limits.atOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
    try {
      return await this.inTime(work);
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  private async inTime<T>(work: () => Promise<T>): Promise<T> {
    if (this.ending.aborted) throw new TimeOver();
    let end: (() => void) | undefined;
    const over = new Promise<never>((_, reject) => {
      end = () => reject(new TimeOver());
      this.ending.addEventListener('abort', end, { once: true });
    });
    try {
      return await Promise.race([work(), over]);
    } finally {
      if (end) this.ending.removeEventListener('abort', end);
    }
  }
}

export class TimeOver extends Error {
  override readonly name = 'TimeOver';
}
