const units = ['B', 'kB', 'MB', 'GB'] as const;
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** `12 B`, `4.2 kB`, `1.3 GB`: in steps of a thousand. */
export function size(bytes: number): string {
  let unit = 0;
  let left = bytes;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${number.format(left)} ${units[unit]}`;
}
