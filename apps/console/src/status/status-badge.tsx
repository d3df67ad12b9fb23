import { StatusIcon } from './status-icon.js';
import { lookOf, type Tone } from './status-map.js';

export const toneText: Record<Tone, string> = {
  good: 'text-good',
  bad: 'text-bad',
  warn: 'text-warn',
  active: 'text-active',
  wait: 'text-wait',
  quiet: 'text-quiet',
};

const toneGround: Record<Tone, string> = {
  good: 'bg-good-ground',
  bad: 'bg-bad-ground',
  warn: 'bg-warn-ground',
  active: 'bg-active-ground',
  wait: 'bg-wait-ground',
  quiet: 'bg-quiet-ground',
};

/** Icon and word of a status on its ground. */
export function StatusBadge({ status, allowFailure = false }: { status: string; allowFailure?: boolean }) {
  const look = lookOf(status, allowFailure);
  return (
    <span
      data-status={status}
      className={`inline-flex items-center gap-1.5 rounded-full py-0.5 pr-2.5 pl-1.5 text-xs font-medium whitespace-nowrap ${toneText[look.tone]} ${toneGround[look.tone]}`}
    >
      <StatusIcon icon={look.icon} />
      {look.word}
    </span>
  );
}
