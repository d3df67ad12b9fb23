import { type Ref, useImperativeHandle, useRef, useState } from 'react';

import { words } from '../words.js';
import { lineHeight, lineRange, visibleLines } from './visible-lines.js';

/** What a page may ask of the editor. */
export interface EditorHandle {
  /** Selects a line and brings it into view. */
  goTo(line: number): void;
}

const height = 480;

/** A plain text area with line numbers; lines that something is said about are marked. */
export function CiEditor({
  text,
  onChange,
  marked,
  handle,
}: {
  text: string;
  onChange: (text: string) => void;
  /** Line to what is said about it. */
  marked: ReadonlyMap<number, 'error' | 'warning'>;
  handle: Ref<EditorHandle>;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  useImperativeHandle(handle, () => ({
    goTo(line) {
      const { start, end } = lineRange(text, line);
      area.current?.focus();
      area.current?.setSelectionRange(start, end);
      if (area.current) area.current.scrollTop = Math.max(0, (line - 4) * lineHeight);
    },
  }));
  return (
    <div className="flex overflow-hidden rounded-lg border border-line bg-panel font-mono text-sm" style={{ height }}>
      <Gutter count={text.split('\n').length} scrollTop={scrollTop} marked={marked} />
      <textarea
        ref={area}
        aria-label={words.lint.content}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
        spellCheck={false}
        autoCapitalize="off"
        wrap="off"
        // In pixels, as the gutter counts them; a browser may round what comes from a class.
        style={{ lineHeight: `${lineHeight}px` }}
        className="min-w-0 flex-1 resize-none bg-panel px-3 py-2 whitespace-pre outline-offset-[-2px]"
      />
    </div>
  );
}

const marks = { error: 'bg-bad-ground text-bad', warning: 'bg-warn-ground text-warn' };

function Gutter({
  count,
  scrollTop,
  marked,
}: {
  count: number;
  scrollTop: number;
  marked: ReadonlyMap<number, 'error' | 'warning'>;
}) {
  const { from, to } = visibleLines(count, scrollTop, height);
  const lines = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  return (
    <div aria-hidden className="relative w-12 shrink-0 overflow-hidden border-r border-line bg-raised text-soft">
      {lines.map((line) => {
        const mark = marked.get(line);
        return (
          <div
            key={line}
            className={`absolute inset-x-0 pr-2 text-right ${mark ? marks[mark] : ''}`}
            style={{ lineHeight: `${lineHeight}px`, top: (line - 1) * lineHeight + 8 - scrollTop }}
          >
            {line}
          </div>
        );
      })}
    </div>
  );
}
