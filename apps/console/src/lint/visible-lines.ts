/** Height of a line of the editor, in pixels: the gutter and the text agree on it. */
export const lineHeight = 20;

/** The lines that a window over the text shows, with some before and after; counted from 1. */
export function visibleLines(
  count: number,
  scrollTop: number,
  height: number,
): { readonly from: number; readonly to: number } {
  const from = Math.max(1, Math.floor(scrollTop / lineHeight) - 5);
  return { from, to: Math.min(count, from + Math.ceil(height / lineHeight) + 10) };
}

/** Where a line begins and ends in the text, without its end of line. A line that is not there is the last. */
export function lineRange(text: string, line: number): { readonly start: number; readonly end: number } {
  let start = 0;
  for (let n = 1; n < line; n += 1) {
    const next = text.indexOf('\n', start);
    if (next === -1) break;
    start = next + 1;
  }
  const end = text.indexOf('\n', start);
  return { start, end: end === -1 ? text.length : end };
}
