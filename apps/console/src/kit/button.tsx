import type { ButtonHTMLAttributes, ReactNode } from 'react';

type Look = 'main' | 'plain' | 'danger';

const looks: Record<Look, string> = {
  main: 'bg-accent text-on-accent border-accent hover:opacity-90',
  plain: 'bg-panel text-ink border-line hover:bg-raised',
  danger: 'bg-panel text-bad border-line hover:bg-bad-ground',
};

const shape =
  'inline-flex items-center justify-center gap-1.5 rounded-md border px-3 py-1.5 text-sm font-medium leading-5 ' +
  'disabled:opacity-50 disabled:pointer-events-none whitespace-nowrap';

export function Button({
  look = 'plain',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look }): ReactNode {
  return <button type="button" {...rest} className={`${shape} ${looks[look]} ${rest.className ?? ''}`} />;
}

/** A link to a page that another service renders: it leaves the console. */
export function LeavingLink({ href, look = 'plain', children }: { href: string; look?: Look; children: ReactNode }) {
  return (
    <a href={href} className={`${shape} ${looks[look]}`}>
      {children}
    </a>
  );
}
