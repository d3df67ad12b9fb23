import type { IconName } from './status-map.js';

const drawings: Record<IconName, string> = {
  check: 'M4.8 8.3l2.2 2.2 4.3-4.8',
  cross: 'M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2',
  bang: 'M8 4.4v4.4M8 11.2v.4',
  spinner: 'M8 1.5a6.5 6.5 0 0 1 6.5 6.5',
  clock: 'M8 4.6V8l2.3 1.6',
  dots: 'M5 8h.01M8 8h.01M11 8h.01',
  slash: 'M4 12l8-8',
  skip: 'M5 5l3 3-3 3M8.5 5l3 3-3 3',
  hand: 'M6 5.2l4.6 2.8L6 10.8z',
};

/** Drawn, not a font: it takes the colour of the text around it. Its word stands beside it or in `title`. */
export function StatusIcon({ icon, title, className = '' }: { icon: IconName; title?: string; className?: string }) {
  const spins = icon === 'spinner';
  return (
    <svg
      viewBox="0 0 16 16"
      className={`h-4 w-4 shrink-0 ${spins ? 'animate-spin' : ''} ${className}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      role={title ? 'img' : undefined}
      aria-label={title}
      aria-hidden={title ? undefined : true}
    >
      <circle
        cx="8"
        cy="8"
        r="6.5"
        opacity={spins ? 0.3 : 1}
        strokeDasharray={icon === 'dots' ? '2.2 2.2' : undefined}
      />
      <path d={drawings[icon]} />
    </svg>
  );
}
