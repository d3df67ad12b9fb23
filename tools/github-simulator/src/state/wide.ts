export type NarrowedKind = 'installation' | 'scoped' | 'exchange';

/** Armed by a test: the next narrowed tokens come out as wide as their source. */
export class WideTokens {
  private readonly left = new Map<NarrowedKind, number>();

  arm(kind: NarrowedKind, times: number): void {
    this.left.set(kind, times);
  }

  take(kind: NarrowedKind): boolean {
    const left = this.left.get(kind) ?? 0;
    if (left <= 0) return false;
    this.left.set(kind, left - 1);
    return true;
  }

  clear(): void {
    this.left.clear();
  }
}
