/** How long GitHub is given to show what it has told us of; its stores follow each other. */
export const lagMsMax = 30_000;
/** How long GitHub may fail to answer before a push is given up on; it can be retried then. */
export const outageMsMax = 10 * 60_000;

const lagDelaysMs = [500, 500, 1000, 2000, 4000, 8000];
const outageDelaysMs = [1000, 4000, 15_000, 60_000];

export interface Waiting {
  /** How often it was taken up again before. */
  readonly attempts: number;
  readonly sinceMs: number;
}

/** When to look again for something that GitHub does not show yet; null when the time for that is over. */
export function lagDelayMs({ attempts, sinceMs }: Waiting): number | null {
  if (attempts > 0 && sinceMs >= lagMsMax) return null;
  return lagDelaysMs[Math.min(attempts, lagDelaysMs.length - 1)] ?? null;
}

/** When to ask again a GitHub that did not answer; null when it was asked long enough. */
export function outageDelayMs({ attempts, sinceMs }: Waiting, askedForMs: number | null): number | null {
  if (attempts > 0 && sinceMs >= outageMsMax) return null;
  const planned = outageDelaysMs[Math.min(attempts, outageDelaysMs.length - 1)] ?? 60_000;
  return Math.min(Math.max(planned, askedForMs ?? 0), outageMsMax);
}
