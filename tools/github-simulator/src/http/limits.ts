import type { SimulatedClock } from '../state/clock.js';
import type { Switches } from '../state/switches.js';

export interface Budget {
  limit: number;
  used: number;
  remaining: number;
  /** Unix seconds. */
  reset: number;
  resource: string;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;
const concurrentMax = 100;
const pointsAMinute = 900;
const contentAMinute = 80;

/**
 * GitHub's request limits. Each budget is named by whom it belongs to: `installation:7`, `user:3`,
 * `app:1`, `oauth:1`, `anonymous`. Limits can be set for a name or for its kind.
 */
export class Limits {
  private readonly windows = new Map<string, { start: number; used: number }>();
  private readonly limits = new Map<string, number>([
    ['installation', 5000],
    ['user', 5000],
    ['app', 5000],
    ['oauth', 2000],
    ['anonymous', 60],
    ['integration_manifest', 5000],
  ]);
  private readonly underWay = new Map<string, number>();
  private readonly secondary = new Map<string, { at: number; points: number; content: boolean }[]>();

  constructor(
    private readonly clock: SimulatedClock,
    private readonly switches: Switches,
  ) {}

  /** `name` is a kind (`installation`) or one budget of it (`installation:7`). */
  setLimit(name: string, perHour: number): void {
    this.limits.set(name, perHour);
  }

  reset(): void {
    this.windows.clear();
    this.secondary.clear();
  }

  look(name: string): Budget {
    const limit = this.limitOf(name);
    const window = this.windowOf(name);
    const resource = name.startsWith('integration_manifest') ? 'integration_manifest' : 'core';
    const reset = Math.ceil((window.start + hourMs) / 1000);
    return { limit, used: window.used, remaining: Math.max(0, limit - window.used), reset, resource };
  }

  /** Takes one request from the budget; false when nothing was left. */
  take(name: string): boolean {
    const window = this.windowOf(name);
    if (window.used >= this.limitOf(name)) return false;
    window.used += 1;
    return true;
  }

  /** A `304` costs nothing. */
  giveBack(name: string): void {
    const window = this.windowOf(name);
    window.used = Math.max(0, window.used - 1);
  }

  /** GitHub's short-term limits, when the switch has them on. False: too much in this minute. */
  takeSecondary(name: string, method: string, content: boolean): boolean {
    if (!this.switches.secondaryLimits) return true;
    const now = this.clock.now();
    const recent = (this.secondary.get(name) ?? []).filter((each) => now - each.at < minuteMs);
    const points = recent.reduce((sum, each) => sum + each.points, 0);
    const created = recent.filter((each) => each.content).length;
    if ((this.underWay.get(name) ?? 0) > concurrentMax) return false;
    const cost = method === 'GET' || method === 'HEAD' ? 1 : 5;
    this.secondary.set(name, recent);
    if (points + cost > pointsAMinute || (content && created >= contentAMinute)) return false;
    recent.push({ at: now, points: cost, content });
    return true;
  }

  /** Counts a request as under way; the answer ends it. */
  begin(name: string): () => void {
    this.underWay.set(name, (this.underWay.get(name) ?? 0) + 1);
    return () => this.underWay.set(name, (this.underWay.get(name) ?? 1) - 1);
  }

  private limitOf(name: string): number {
    return this.limits.get(name) ?? this.limits.get(name.split(':')[0] ?? '') ?? 5000;
  }

  private windowOf(name: string): { start: number; used: number } {
    const now = this.clock.now();
    let window = this.windows.get(name);
    if (!window || now - window.start >= hourMs) {
      window = { start: now, used: 0 };
      this.windows.set(name, window);
    }
    return window;
  }
}
