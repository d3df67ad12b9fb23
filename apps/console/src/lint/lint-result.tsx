import type { ApiFinding, ApiLint } from '../api/answers.js';
import { Empty, Notice, Panel } from '../kit/panel.js';
import { words } from '../words.js';
import { Reasons } from './reasons.js';

type GoTo = (line: number) => void;

/** The verdict, every finding with its place, and the jobs that a push would make. */
export function LintResult({ result, goTo }: { result: ApiLint | null; goTo: GoTo }) {
  if (!result) {
    return (
      <Panel>
        <Empty title={words.lint.untried} />
      </Panel>
    );
  }
  const { errors, warnings } = result.crosstie;
  return (
    <div className="grid gap-3" role="region" aria-label={words.lint.title} aria-live="polite">
      <Verdict result={result} />
      {errors.length + warnings.length > 0 ? (
        <Panel>
          <ul className="divide-y divide-line">
            {errors.map((one, i) => (
              <FindingItem key={`e${i}`} finding={one} tone="bad" result={result} goTo={goTo} />
            ))}
            {warnings.map((one, i) => (
              <FindingItem key={`w${i}`} finding={one} tone="warn" result={result} goTo={goTo} />
            ))}
          </ul>
        </Panel>
      ) : null}
      {result.jobs && result.jobs.length > 0 ? <Jobs jobs={result.jobs} stages={result.crosstie.stages} /> : null}
      {result.crosstie.explain ? <Reasons jobs={result.crosstie.explain.jobs} /> : null}
      <Sources result={result} />
    </div>
  );
}

function Verdict({ result }: { result: ApiLint }) {
  const { errors, warnings, created, reason } = result.crosstie;
  const parts = [
    result.valid ? words.lint.valid : words.lint.invalid(errors.length),
    ...(warnings.length > 0 ? [words.lint.warnings(warnings.length)] : []),
    ...(created ? [words.lint.jobs(result.jobs?.length ?? 0)] : []),
    ...(result.valid && !created ? [words.lint.none] : []),
  ];
  const tone = result.valid ? (warnings.length > 0 || !created ? 'warn' : 'quiet') : 'bad';
  return (
    <Notice tone={tone}>
      <b>{parts.join(' · ')}</b>
      {result.valid && reason ? <p className="mt-1">{reason}</p> : null}
    </Notice>
  );
}

interface Shown {
  finding: ApiFinding;
  tone: 'bad' | 'warn';
  result: ApiLint;
  goTo: GoTo;
}

function FindingItem({ finding, tone, result, goTo }: Shown) {
  const { message, file, line, column } = finding;
  const isOwn = file === result.crosstie.config_path;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return (
    <li className="grid gap-1 px-4 py-2.5 text-sm">
      <div className="flex flex-wrap items-baseline gap-x-2">
        <span className={`text-xs font-medium ${tone === 'bad' ? 'text-bad' : 'text-warn'}`}>
          {tone === 'bad' ? words.lint.error : words.lint.warning}
        </span>
        {line !== undefined && isOwn ? (
          <button type="button" className="text-xs underline underline-offset-2" onClick={() => goTo(line)}>
            {words.lint.line(line)}
          </button>
        ) : null}
        {line !== undefined && !isOwn ? (
          <span className="font-mono text-xs text-soft">{words.lint.elsewhere(place)}</span>
        ) : null}
      </div>
      <p className="break-words">{message}</p>
    </li>
  );
}

function Jobs({ jobs, stages }: { jobs: NonNullable<ApiLint['jobs']>; stages: readonly string[] }) {
  return (
    <Panel className="grid gap-3 p-4">
      {stages.map((stage) => (
        <section key={stage} aria-label={stage}>
          <h3 className="mb-1 text-xs font-medium tracking-wide text-soft">{stage}</h3>
          <ul className="grid gap-1">
            {jobs
              .filter((job) => job.stage === stage)
              .map((job) => (
                <li key={job.name} className="flex flex-wrap items-baseline gap-x-2 text-sm">
                  <span className="font-medium break-words">{job.name}</span>
                  <span className="text-xs text-soft">
                    {[job.when, ...job.tag_list, ...(job.allow_failure ? [words.lint.mayFail] : [])].join(' · ')}
                  </span>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </Panel>
  );
}

/** What else it was made from, and all of it in one text. */
function Sources({ result }: { result: ApiLint }) {
  return (
    <>
      {result.includes.length > 0 ? (
        <Panel className="px-4 py-3 text-sm">
          <h3 className="mb-1 text-xs font-medium text-soft">{words.lint.includes}</h3>
          <ul className="grid gap-1 font-mono text-xs">
            {result.includes.map(({ type, location }) => (
              <li key={`${type} ${location}`} className="break-all">
                {type}: {location}
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
      {result.merged_yaml === null ? null : (
        <details className="rounded-lg border border-line bg-panel px-4 py-3 text-sm">
          <summary className="cursor-pointer font-medium">{words.lint.merged}</summary>
          <pre className="mt-2 max-h-96 overflow-auto font-mono text-xs leading-relaxed" tabIndex={0}>
            {result.merged_yaml}
          </pre>
        </details>
      )}
    </>
  );
}
