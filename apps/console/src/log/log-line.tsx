import { memo, type MouseEvent } from 'react';

import { words } from '../words.js';
import type { Style } from './ansi.js';
import type { LogLine } from './log-buffer.js';
import type { Section } from './sections.js';

/** One row of a log. Whatever the job wrote is a text node here, never markup, never a link. */
export const Row = memo(function Row({
  number,
  line,
  section,
  folded,
  chosen,
  times,
  onFold,
  onChoose,
}: {
  number: number;
  line: LogLine;
  section: Section | null;
  folded: boolean;
  chosen: boolean;
  times: boolean;
  onFold: (line: number) => void;
  onChoose: (line: number, extend: boolean) => void;
}) {
  return (
    <div className={`flex h-[24px] w-max min-w-full leading-[24px] ${chosen ? 'bg-log-mark' : 'hover:bg-log-mark/50'}`}>
      <a
        href={`#L${number}`}
        onClick={(event: MouseEvent) => {
          event.preventDefault();
          onChoose(number, event.shiftKey);
        }}
        className="w-14 shrink-0 pr-3 text-right text-log-soft select-none hover:text-log-ink"
      >
        {number}
      </a>
      <span className="w-[24px] shrink-0 select-none">
        {section ? (
          <button
            type="button"
            aria-expanded={!folded}
            aria-label={folded ? words.log.unfold(section.name) : words.log.fold(section.name)}
            onClick={() => onFold(section.firstLine)}
            className="h-[24px] w-[24px] text-log-soft hover:text-log-ink"
          >
            {folded ? '▸' : '▾'}
          </button>
        ) : null}
      </span>
      {times ? <span className="w-28 shrink-0 text-log-soft select-none">{line.time?.slice(11, 23) ?? ''}</span> : null}
      <span className="[unicode-bidi:isolate] pr-4 whitespace-pre">
        {line.spans.map((span, i) => (
          <span key={i} className={classOf(span.style)} style={fixedColours(span.style)}>
            {span.text}
          </span>
        ))}
        {line.cut > 0 ? <em className="text-log-soft">{words.log.cut(line.cut)}</em> : null}
      </span>
    </div>
  );
});

function classOf(style: Style): string | undefined {
  const names: string[] = [];
  if (typeof style.foreground === 'number') names.push(`ansi-fg-${style.foreground}`);
  if (typeof style.background === 'number') names.push(`ansi-bg-${style.background}`);
  if (style.bold) names.push('font-semibold');
  if (style.faint) names.push('opacity-70');
  if (style.italic) names.push('italic');
  if (style.underline) names.push('underline');
  if (style.strike) names.push('line-through');
  if (style.inverse) names.push('ansi-inverse');
  return names.length > 0 ? names.join(' ') : undefined;
}

function fixedColours(style: Style): { color?: string; background?: string } | undefined {
  const { foreground, background } = style;
  if (typeof foreground !== 'string' && typeof background !== 'string') return undefined;
  return {
    ...(typeof foreground === 'string' ? { color: foreground } : {}),
    ...(typeof background === 'string' ? { background } : {}),
  };
}
