/**
 * How many writes an installation has left: one a second, and some saved up for a burst. GitHub allows
 * about 80 writes a minute that make content, and no header tells how many are left.
 */
export class WriteBudget {
  private readonly spent = new Map<number, { saved: number; atMs: number }>();

  constructor(
    private readonly burst = 20,
    private readonly perSecond = 1,
  ) {}

  /** Whether a write may be made now. */
  allows(installationId: number, nowMs: number): boolean {
    return this.savedNow(installationId, nowMs) >= 1;
  }

  /** Counts a write. */
  spend(installationId: number, nowMs: number): void {
    this.spent.set(installationId, { saved: this.savedNow(installationId, nowMs) - 1, atMs: nowMs });
    this.forgetFull(nowMs);
  }

  private savedNow(installationId: number, nowMs: number): number {
    const { saved, atMs } = this.spent.get(installationId) ?? { saved: this.burst, atMs: nowMs };
    return Math.min(this.burst, saved + (Math.max(0, nowMs - atMs) / 1_000) * this.perSecond);
  }

  private forgetFull(nowMs: number): void {
    if (this.spent.size < 10_000) return;
    const fullAfterMs = (this.burst / this.perSecond) * 1_000;
    for (const [id, { atMs }] of this.spent) if (nowMs - atMs > fullAfterMs) this.spent.delete(id);
  }
}
