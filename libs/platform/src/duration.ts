const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `500ms`, `1s`, `2m`, `1h30m`, `7d`; NaN for anything else. */
export function durationMs(text: string): number {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return Number.NaN;
  let total = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unitMs[unit] ?? Number.NaN);
  }
  return total;
}
