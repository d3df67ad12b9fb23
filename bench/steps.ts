/** The machine's monotonic clock in milliseconds, which every process on it shares. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** From a log at level debug: how long after the begin each step was reached, the last time where there are several. */
export function stepsIn(log: string, begun: number, end: number): Record<string, number> {
  const steps: Record<string, number> = {};
  for (const text of log.split('\n')) {
    if (!text.includes('"msg":"step"')) continue;
    const read = stepOf(text);
    if (read && read.at >= begun && read.at <= end) steps[read.step] = read.at - begun;
  }
  return { ...steps, answered: end - begun };
}

function stepOf(text: string): { step: string; at: number } | null {
  try {
    const { step, atNs } = JSON.parse(text) as { step: string; atNs: string };
    return { step, at: Number(BigInt(atNs)) / 1e6 };
  } catch {
    // The first line of what is kept may be cut.
    return null;
  }
}
