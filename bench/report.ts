/** What is known of one variant after a run: times of single operations in milliseconds, by round. */
export interface Measured {
  bench: string;
  variant: string;
  rounds: number[][];
  /** Whatever else the line should carry. */
  notes?: Record<string, unknown>;
}

export interface Target {
  /** The variant that this one is a ratio to. */
  to: string;
  /** The largest ratio of medians, and of 99th percentiles, that still holds. */
  p50: number;
  p99?: number;
}

export interface Environment {
  node: string;
  postgres: string;
  fsync: string;
  load: number;
}

/** The value below which `share` of the sorted numbers lie. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * One line of the report. Ratios are medians over rounds of the ratio within a round, so that what slows a whole
 * round down cancels out.
 */
export function line(measured: Measured, others: readonly Measured[], target: Target | null, env: Environment): string {
  const all = sorted(measured.rounds.flat());
  const reference = target && others.find((other) => other.variant === target.to);
  const ratio = reference && ratioOf(measured, reference, 0.5);
  const ratioP99 = reference && ratioOf(measured, reference, 0.99);
  const holds =
    target && ratio ? ratio <= target.p50 && (target.p99 === undefined || (ratioP99 ?? 0) <= target.p99) : undefined;
  return JSON.stringify({
    bench: measured.bench,
    variant: measured.variant,
    n: all.length,
    unit: 'ms',
    min: round(all[0]),
    p50: round(percentile(all, 0.5)),
    p95: round(percentile(all, 0.95)),
    p99: round(percentile(all, 0.99)),
    max: round(all.at(-1)),
    ...(target && reference
      ? {
          ratio: round(ratio ?? undefined),
          ratio_p99: round(ratioP99 ?? undefined),
          ratio_to: target.to,
          target: `<=${target.p50}${target.p99 === undefined ? '' : `, p99 <=${target.p99}`}`,
          holds,
        }
      : {}),
    ...measured.notes,
    rounds: measured.rounds.length,
    ...env,
  });
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
