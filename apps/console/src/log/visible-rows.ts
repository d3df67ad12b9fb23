/** Height of a line in pixels; `log-line.tsx` draws it so. Its number and its fold are targets to press, hence 24. */
export const rowHeightPx = 24;

/** Firefox cannot show an element higher than some 17.9 million pixels. */
export const heightPxMax = 12_000_000;

/** Up to so many rows are drawn whole, so that the browser's own search finds every line. */
export const drawnWholeMax = 2000;

const overscan = 60;

export interface VisibleRows {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
  /** Where the first drawn row stands, in pixels from the top of the scrolled content. */
  readonly topPx: number;
  /** How high the scrolled content is. */
  readonly heightPx: number;
}

/** Which rows to draw for a scroll position. Past the highest possible element the position is a share of the rows. */
export function visibleRows(rows: number, scrollTop: number, viewPx: number): VisibleRows {
  const naturalPx = rows * rowHeightPx;
  const heightPx = Math.min(naturalPx, heightPxMax);
  if (rows <= drawnWholeMax) return { first: 0, end: rows, topPx: 0, heightPx };
  const inView = Math.ceil(viewPx / rowHeightPx);
  const atTop =
    naturalPx === heightPx
      ? Math.floor(scrollTop / rowHeightPx)
      : Math.floor((scrollTop / Math.max(1, heightPx - viewPx)) * Math.max(0, rows - inView));
  const first = Math.max(0, Math.min(rows, atTop) - overscan);
  const end = Math.min(rows, atTop + inView + overscan);
  const topPx = naturalPx === heightPx ? first * rowHeightPx : scrollTop - (atTop - first) * rowHeightPx;
  return { first, end, topPx, heightPx };
}

/** The scroll position that has a row at about a third of the view. */
export function scrollTopOf(row: number, rows: number, viewPx: number): number {
  const naturalPx = rows * rowHeightPx;
  const wanted = Math.max(0, row * rowHeightPx - viewPx / 3);
  if (naturalPx <= heightPxMax) return wanted;
  return (wanted / Math.max(1, naturalPx - viewPx)) * (heightPxMax - viewPx);
}
