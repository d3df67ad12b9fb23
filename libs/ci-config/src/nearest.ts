/** Names of jobs are known words too, and there may be very many. */
const COMPARED_MAX = 1_000;

/**
 * The known word nearest to what was written, or undefined when none is near enough to be what was
 * meant. Swapped neighbours count as one slip, as they are the commonest.
 */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  const word = written.toLowerCase().slice(0, 64);
  const allowed = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = allowed + 1;
  let left = COMPARED_MAX;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > allowed) continue;
    left -= 1;
    if (left < 0) break;
    const distance = slips(word, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The hint that ends a sentence about an unknown word; empty when nothing is near. */
export function didYouMean(written: string, known: Iterable<string>): string {
  const word = nearest(written, known);
  return word === undefined ? '' : ` (did you mean \`${word}\`?)`;
}

function slips(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
