/** Lines of an address, counted from 1, both ends in. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/** Reads `L12` or `L12-L20`, with or without a leading `#`. */
export function readLineRange(hash: string): LineRange | null {
  const found = /^#?L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(hash);
  if (!found) return null;
  const [first, last] = [Number(found[1]), Number(found[2] ?? found[1])].toSorted((a, b) => a - b);
  return first === undefined || last === undefined || first < 1 ? null : { first, last };
}

/** The address of a click on a line's number; with shift held, up to what was chosen before. */
export function chooseLine(line: number, before: LineRange | null, extend: boolean): string {
  if (!extend || !before) return `#L${line}`;
  return line < before.first ? `#L${line}-L${before.last}` : `#L${before.first}-L${line}`;
}
