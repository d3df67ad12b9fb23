import { useEffect, useState } from 'react';

import { duration, relativeTime } from './time.js';

/** A moment: relative, exact in the title. */
export function When({ at }: { at: string | null }) {
  const now = useNow(15_000);
  if (at === null) return <span className="text-soft">–</span>;
  return (
    <time dateTime={at} title={new Date(at).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })}>
      {relativeTime(at, now)}
    </time>
  );
}

/** A span of time that still grows while its end is missing. */
export function Elapsed({ from, to }: { from: string | null; to: string | null }) {
  const now = useNow(from !== null && to === null ? 1000 : null);
  if (from === null) return <>–</>;
  return <>{duration(((to === null ? now : Date.parse(to)) - Date.parse(from)) / 1000)}</>;
}

/** How long it is until a moment, counted down; exact in the title. */
export function Until({ at }: { at: string }) {
  const now = useNow(1000);
  return (
    <time dateTime={at} title={new Date(at).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })}>
      {duration(Math.max(0, (Date.parse(at) - now) / 1000))}
    </time>
  );
}

function useNow(everyMs: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (everyMs === null) return;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
