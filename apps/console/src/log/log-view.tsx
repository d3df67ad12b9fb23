import { useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';

import { Button } from '../kit/button.js';
import { Notice } from '../kit/panel.js';
import { words } from '../words.js';
import { chooseLine, type LineRange } from './line-range.js';
import { Row } from './log-line.js';
import { Rows } from './sections.js';
import type { TraceFeed } from './trace-feed.js';
import { rowHeightPx, scrollTopOf, visibleRows } from './visible-rows.js';

/** The log of a job: drawn near the view alone, followed while the reader is at its end. */
export function LogView({
  feed,
  chosen,
  rawHref,
  emptyText,
}: {
  feed: TraceFeed;
  chosen: LineRange | null;
  rawHref: string;
  emptyText: string;
}) {
  const trace = useSyncExternalStore(feed.subscribe, feed.state);
  const [times, setTimes] = useState(false);
  const [flipped, setFlipped] = useState<ReadonlySet<number>>(new Set());
  const folded = useFolded(feed, trace.lineCount, flipped);
  const rows = useMemo(() => new Rows(trace.lineCount, feed.buffer.sections, folded), [trace.lineCount, feed, folded]);
  const scroller = useScroller(rows, chosen);
  const drawn = visibleRows(rows.count, scroller.top, scroller.viewPx);
  const headers = useMemo(
    () => new Map(feed.buffer.sections.map((section) => [section.firstLine, section])),
    // Sections only ever come with new lines.
    [feed, trace.lineCount],
  );

  return (
    <div className="flex min-w-0 flex-col overflow-hidden rounded-lg border border-line bg-log text-log-ink">
      <Toolbar lineCount={trace.lineCount} times={times} setTimes={setTimes} rawHref={rawHref} scroller={scroller} />
      <div
        ref={scroller.place}
        onScroll={scroller.onScroll}
        role="region"
        aria-label={words.log.label}
        aria-live="off"
        tabIndex={0}
        className="relative h-[calc(100vh-17rem)] min-h-80 overflow-auto font-mono text-[12.5px]"
      >
        {trace.lineCount === 0 ? <p className="px-4 py-6 text-log-soft">{emptyText}</p> : null}
        <div style={{ height: drawn.heightPx }}>
          <div className="w-max min-w-full" style={{ transform: `translateY(${drawn.topPx}px)` }}>
            {Array.from({ length: drawn.end - drawn.first }, (_, i) => {
              const index = rows.lineAt(drawn.first + i);
              return (
                <Row
                  key={index}
                  number={index + 1}
                  line={lineOf(feed, index, trace.loaded)}
                  section={headers.get(index) ?? null}
                  folded={folded.has(index)}
                  chosen={chosen !== null && index + 1 >= chosen.first && index + 1 <= chosen.last}
                  times={times}
                  onFold={(line) => setFlipped((before) => flip(before, line))}
                  onChoose={(line, extend) => window.history.pushState(null, '', chooseLine(line, chosen, extend))}
                />
              );
            })}
          </div>
        </div>
      </div>
      {trace.error ? (
        <div className="p-2">
          <Notice tone="bad" alert>
            {words.log.failedToLoad}{' '}
            <button type="button" className="underline" onClick={() => feed.load()}>
              {words.tryAgain}
            </button>
          </Notice>
        </div>
      ) : null}
    </div>
  );
}

/** A line never changes once another follows it, so it is made once; the last one may still grow. */
const made = new WeakMap<TraceFeed, Map<number, ReturnType<TraceFeed['buffer']['line']>>>();
const madeMax = 20_000;

function lineOf(feed: TraceFeed, index: number, loaded: number) {
  const isLast = index >= feed.buffer.lineCount - 2;
  const lines = made.get(feed) ?? new Map();
  made.set(feed, lines);
  const known = isLast ? undefined : lines.get(index);
  if (known) return known;
  const line = feed.buffer.line(index);
  if (lines.size > madeMax) lines.clear();
  if (!isLast && loaded > 0) lines.set(index, line);
  return line;
}

/** Folded by the job's own wish, unless the reader flipped it, and the other way round. */
function useFolded(feed: TraceFeed, lineCount: number, flipped: ReadonlySet<number>): ReadonlySet<number> {
  return useMemo(
    () =>
      new Set(
        feed.buffer.sections
          .filter((section) => section.collapsed !== flipped.has(section.firstLine))
          .map((section) => section.firstLine),
      ),
    [feed, lineCount, flipped],
  );
}

function flip(before: ReadonlySet<number>, line: number): ReadonlySet<number> {
  const after = new Set(before);
  if (!after.delete(line)) after.add(line);
  return after;
}

interface Scroller {
  readonly place: React.RefObject<HTMLDivElement | null>;
  readonly top: number;
  readonly viewPx: number;
  readonly following: boolean;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
  readonly toTop: () => void;
}

/** Where the reader stands. Follows the end while at the end; goes to the line of the address once it is there. */
function useScroller(rows: Rows, chosen: LineRange | null): Scroller {
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, viewPx: 800 });
  const [following, setFollowing] = useState(chosen === null);
  const shown = useRef<number | null>(null);

  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    const wanted = chosen?.first ?? null;
    if (
      wanted !== null &&
      shown.current !== wanted &&
      rows.rowOf(wanted - 1) < rows.count &&
      rows.lineAt(rows.count - 1) >= wanted - 1
    ) {
      shown.current = wanted;
      const row = rows.rowOf(wanted - 1);
      const inView =
        row * rowHeightPx >= element.scrollTop && row * rowHeightPx < element.scrollTop + element.clientHeight - 20;
      if (!inView) element.scrollTop = scrollTopOf(row, rows.count, element.clientHeight);
    } else if (following) {
      element.scrollTop = element.scrollHeight;
    }
    setView((before) =>
      before.top === element.scrollTop && before.viewPx === element.clientHeight
        ? before
        : { top: element.scrollTop, viewPx: element.clientHeight },
    );
  }, [rows, chosen, following]);

  const onScroll = () => {
    const element = place.current;
    if (!element) return;
    setView({ top: element.scrollTop, viewPx: element.clientHeight });
    setFollowing(element.scrollTop + element.clientHeight >= element.scrollHeight - 24);
  };
  return {
    place,
    ...view,
    following,
    onScroll,
    toEnd: () => setFollowing(true),
    toTop: () => place.current?.scrollTo({ top: 0 }),
  };
}

function Toolbar({
  lineCount,
  times,
  setTimes,
  rawHref,
  scroller,
}: {
  lineCount: number;
  times: boolean;
  setTimes: (times: boolean) => void;
  rawHref: string;
  scroller: Scroller;
}) {
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line bg-panel px-3 py-2 text-sm text-ink">
      <h2 className="font-medium">{words.log.label}</h2>
      <span className="text-xs text-soft">{words.log.lines(lineCount)}</span>
      <span className="ml-auto flex flex-wrap items-center gap-2">
        <label className="flex items-center gap-1.5 text-xs text-soft">
          <input type="checkbox" checked={times} onChange={(event) => setTimes(event.target.checked)} />
          {words.log.times}
        </label>
        <Button onClick={scroller.toTop}>{words.log.top}</Button>
        <Button onClick={scroller.toEnd} aria-pressed={scroller.following}>
          {scroller.following ? words.log.follow : words.log.newLines}
        </Button>
        <a href={rawHref} className="text-xs text-soft underline underline-offset-2">
          {words.log.raw}
        </a>
      </span>
    </div>
  );
}
