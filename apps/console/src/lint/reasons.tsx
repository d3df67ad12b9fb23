import type { ApiJobExplanation } from '../api/answers.js';
import { words } from '../words.js';

/** For each job the rule that decided, and the value of each part of its condition; those left out first. */
export function Reasons({ jobs }: { jobs: Readonly<Record<string, ApiJobExplanation>> }) {
  const inOrder = Object.entries(jobs).toSorted(([, a], [, b]) => Number(a.kept) - Number(b.kept));
  if (inOrder.length === 0) return null;
  return (
    <details className="rounded-lg border border-line bg-panel px-4 py-3 text-sm" open={!inOrder[0]?.[1].kept}>
      <summary className="cursor-pointer font-medium">{words.lint.why}</summary>
      <ul className="mt-2 grid gap-3">
        {inOrder.map(([name, job]) => (
          <li key={name}>
            <p className="break-words">
              <b>{name}</b> {job.kept ? words.lint.inPipeline : words.lint.leftOut}: {because(job)}
            </p>
            <Rules rules={job.rules} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Rules({ rules }: { rules: ApiJobExplanation['rules'] }) {
  if (rules.length === 0) return null;
  return (
    <ol className="mt-1 grid gap-1 border-l border-line pl-3">
      {rules.map((rule) => (
        <li key={rule.index}>
          <span className="text-soft">
            {words.lint.rule(rule.index + 1)} {rule.matched ? words.lint.matched : words.lint.unmatched}
          </span>{' '}
          {rule.if === null ? null : <code className="font-mono text-xs break-words">{rule.if}</code>}
          <ul className="font-mono text-xs text-soft">
            {rule.parts.map((part, i) => (
              <li key={i} className="break-words">
                {part.text} → {shown(part.value)}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function because({ kept, by, rule }: ApiJobExplanation): string {
  const w = words.lint.because;
  if (by === 'rules') return rule === null ? w.noRule : w.rule(rule + 1);
  if (by === 'default') return kept ? w.free : w.branches;
  if (kept) return w.lets;
  return by === 'only' ? w.only : w.except;
}

function shown(value: string | boolean | null): string {
  if (value === null) return words.lint.unset;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
