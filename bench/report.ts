/** What is known of one variant after a run: single operations, by round. */
export interface Measured {
  bench: string;
  variant: string;
  /** How many of what the bench is about: jobs that wait, jobs of a pipeline, bytes of a log. */
  size?: number | undefined;
  /** How many were kept in flight. */
  conns?: number | undefined;
  rounds: number[][];
  /** `ms` unless told. */
  unit?: string;
  /** Whatever else the line should carry. */
  notes?: Record<string, unknown>;
}

/** What a line is held against. */
export interface Target {
  /** The line of the same bench that this one is a ratio to: `variant` or `variant@size`. */
  to?: string;
  /** The largest ratio of medians, and of 99th percentiles, that still holds. */
  p50?: number;
  p99?: number;
  /** The largest median that still holds, where the figure itself is exact. */
  max?: number;
}

export interface Environment {
  node: string;
  postgres: string;
  fsync: string;
  load: number;
}

/** A line of an earlier run. */
export type Line = Record<string, unknown>;

/** The value below which `share` of the sorted numbers lie. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(numbers: readonly number[]): number {
  return percentile(sorted(numbers), 0.5);
}

/** What a line is called where targets and earlier runs speak of it. */
export function nameOf({
  bench,
  variant,
  size,
  conns,
}: Pick<Measured, 'bench' | 'variant' | 'size' | 'conns'>): string {
  return `${bench}/${variant}${size === undefined ? '' : `@${size}`}${conns === undefined ? '' : `x${conns}`}`;
}

/**
 * One line of the report. Ratios are medians over rounds of the ratio within a round, so that what slows a whole
 * round down cancels out.
 */
export function lineOf(
  measured: Measured,
  others: readonly Measured[],
  target: Target | null,
  env: Environment,
  earlier: Line | null,
): Line {
  const all = sorted(measured.rounds.flat());
  const { bench, variant, size, conns, unit = 'ms', notes } = measured;
  const line: Line = {
    bench,
    variant,
    ...(size !== undefined && { size }),
    ...(conns !== undefined && { conns }),
    n: all.length,
    unit,
    min: round(all[0]),
    p50: round(percentile(all, 0.5)),
    p95: round(percentile(all, 0.95)),
    p99: round(percentile(all, 0.99)),
    max: round(all.at(-1)),
    ...(unit === 'ms' && { per_s: ratesOf(measured) }),
    ...judged(measured, others, target),
    ...notes,
    rounds: measured.rounds.length,
    ...env,
  };
  return earlier ? { ...line, ...compared(line, earlier) } : line;
}

function judged(measured: Measured, others: readonly Measured[], target: Target | null): Line {
  if (!target) return {};
  const { to, p50, p99, max } = target;
  if (max !== undefined) {
    return { target: `<=${max}`, holds: median(measured.rounds.flat()) <= max };
  }
  const reference = others.find((other) => other !== measured && isCalled(other, to ?? ''));
  if (!reference || p50 === undefined) return {};
  const ratio = ratioOf(measured, reference, 0.5);
  const ratioP99 = ratioOf(measured, reference, 0.99);
  return {
    ratio: round(ratio),
    ratio_p99: round(ratioP99),
    ratio_to: to,
    target: `<=${p50}${p99 === undefined ? '' : `, p99 <=${p99}`}`,
    holds: ratio <= p50 && (p99 === undefined || ratioP99 <= p99),
  };
}

function isCalled(measured: Measured, name: string): boolean {
  return nameOf(measured) === `${measured.bench}/${name}`;
}

/** What one worker gets done in a second, by round. */
function ratesOf({ rounds }: Measured): Line {
  const rates = sorted(rounds.flatMap((times) => (times.length > 0 ? [1000 / median(times)] : [])));
  return { min: round(rates[0]), med: round(percentile(rates, 0.5)), max: round(rates.at(-1)) };
}

/** How a line stands to the same line of an earlier run; ratios say more than times. */
function compared(line: Line, earlier: Line): Line {
  const against = Number(line['p50']) / Number(earlier['p50']);
  return { was: { p50: earlier['p50'], ratio: earlier['ratio'], load: earlier['load'] }, against: round(against) };
}

function ratioOf(measured: Measured, reference: Measured, share: number): number {
  const ratios = measured.rounds
    .map((times, at) => percentile(sorted(times), share) / percentile(sorted(reference.rounds[at] ?? []), share))
    .filter((ratio) => Number.isFinite(ratio));
  return percentile(sorted(ratios), 0.5);
}

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const round = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : Math.round(value * 1000) / 1000;
