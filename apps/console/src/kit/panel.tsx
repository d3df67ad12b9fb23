import type { ReactNode } from 'react';

export function Panel({ children, className = '' }: { children: ReactNode; className?: string }) {
  return <section className={`rounded-lg border border-line bg-panel ${className}`}>{children}</section>;
}

export function PageTitle({ children, aside }: { children: ReactNode; aside?: ReactNode }) {
  return (
    <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
      <h1 className="text-xl font-semibold tracking-tight">{children}</h1>
      {aside}
    </div>
  );
}

/** Why there is nothing, and the one thing to do. */
export function Empty({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <p className="font-medium">{title}</p>
      {text ? <p className="max-w-prose text-sm text-soft">{text}</p> : null}
      {children}
    </div>
  );
}

/** A sentence that matters. `alert` interrupts a screen reader. */
export function Notice({
  tone,
  children,
  alert = false,
}: {
  tone: 'bad' | 'warn' | 'quiet';
  children: ReactNode;
  alert?: boolean;
}) {
  const ground = {
    bad: 'bg-bad-ground text-bad',
    warn: 'bg-warn-ground text-warn',
    quiet: 'bg-quiet-ground text-quiet',
  }[tone];
  return (
    <div role={alert ? 'alert' : undefined} className={`rounded-md px-3 py-2 text-sm ${ground}`}>
      {children}
    </div>
  );
}

/** Grey bars in the shape of what is to come; they appear only when it takes long. */
export function Skeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="animate-[appear_150ms_150ms_both] divide-y divide-line">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="flex gap-4 px-4 py-3.5">
          <div className="h-4 w-20 rounded bg-raised" />
          <div className="h-4 flex-1 rounded bg-raised" />
          <div className="h-4 w-16 rounded bg-raised" />
        </div>
      ))}
    </div>
  );
}
