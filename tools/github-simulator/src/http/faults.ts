/** What goes wrong with a request. Everything named happens, in this order. */
export interface RequestFault {
  /** The operation (`/repos/{owner}/{repo}/statuses/{sha}`), a name of a git route, or a prefix ending in `*`. */
  route: string;
  method?: string;
  /** Only paths that contain this text. */
  path?: string;
  delayMs?: number;
  /** Answered instead of doing anything. */
  status?: number;
  message?: string;
  /** Seconds; sent as `retry-after`. */
  retryAfter?: number;
  headers?: Record<string, string>;
  /** The effect happens, the answer never arrives: the connection is cut. */
  lostAnswer?: boolean;
  /** The connection is cut before anything happens. */
  reset?: boolean;
  /** How many requests are hit; default 1, null: until cleared. */
  times?: number | null;
}

interface ArmedFault extends RequestFault {
  id: number;
  left: number;
  hits: number;
}

/** Faults by route, as armed over the control API. */
export class Faults {
  private armed: ArmedFault[] = [];
  private nextId = 1;
  /** Every answer waits so long; for measurements against a GitHub that is not next door. */
  delayAllMs = 0;

  add(fault: RequestFault): number {
    const id = this.nextId++;
    this.armed.push({ ...fault, id, hits: 0, left: fault.times === null ? Infinity : (fault.times ?? 1) });
    return id;
  }

  remove(id: number): void {
    this.armed = this.armed.filter((each) => each.id !== id);
  }

  clear(): void {
    this.armed = [];
    this.delayAllMs = 0;
  }

  list(): ArmedFault[] {
    return this.armed;
  }

  /** The fault that hits this request, used up by one. */
  take(method: string, route: string, path: string): RequestFault | undefined {
    const fault = this.armed.find(
      (each) =>
        each.left > 0 &&
        (each.method === undefined || each.method.toUpperCase() === method) &&
        matches(each.route, route) &&
        (each.path === undefined || path.includes(each.path)),
    );
    if (!fault) return undefined;
    fault.left -= 1;
    fault.hits += 1;
    return fault;
  }
}

function matches(pattern: string, route: string): boolean {
  return pattern.endsWith('*') ? route.startsWith(pattern.slice(0, -1)) : pattern === route;
}
