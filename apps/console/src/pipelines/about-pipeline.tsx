import { Link } from '@tanstack/react-router';

import type { ApiPipelineDetail, ApiPipelineView, ApiProject } from '../api/answers.js';
import { Fact, Facts } from '../kit/facts.js';
import { Panel } from '../kit/panel.js';
import { duration } from '../kit/time.js';
import { Elapsed, When } from '../kit/when.js';
import { words } from '../words.js';

/** Whose rights, which commit, what GitHub knows, how long. */
export function AboutPipeline({
  project,
  pipeline,
  view,
}: {
  project: ApiProject;
  pipeline: ApiPipelineDetail;
  view: ApiPipelineView;
}) {
  const w = words.pipeline;
  const extra = pipeline.crosstie;
  return (
    <Panel>
      <h2 className="border-b border-line px-4 py-2.5 text-sm font-medium">{w.about}</h2>
      <Facts>
        <Fact name={w.commit}>
          <a
            href={`${project.crosstie?.github_url ?? ''}/commit/${pipeline.sha}`}
            rel="noopener nofollow"
            className="font-mono text-xs underline underline-offset-2"
          >
            {pipeline.sha.slice(0, 8)}
          </a>
        </Fact>
        <Fact name={w.branch}>{pipeline.ref}</Fact>
        <Fact name={w.pushedBy}>{extra?.sender_login ? `@${extra.sender_login}` : '–'}</Fact>
        <Fact name={w.runsAs}>{'username' in pipeline.user ? `@${pipeline.user.username}` : w.nobody}</Fact>
        <Fact name={w.github}>
          <Verdict verdict={view.verdict} />
        </Fact>
        <Fact name={w.created}>
          <When at={pipeline.created_at} />
        </Fact>
        <Fact name={w.queued}>{duration(pipeline.queued_duration)}</Fact>
        <Fact name={w.duration}>
          <Elapsed from={pipeline.started_at} to={pipeline.finished_at} />
        </Fact>
        {view.delivery ? (
          <Fact name={w.delivery}>
            <Link to="/-/deliveries" className="font-mono text-xs break-all underline underline-offset-2">
              {view.delivery.guid}
            </Link>
          </Fact>
        ) : null}
      </Facts>
      {extra?.recovered ? <p className="px-4 pb-3 text-xs text-soft">{w.recovered}</p> : null}
      {view.includes.length > 0 ? <Includes includes={view.includes} /> : null}
      {view.attempts.length > 1 ? <Attempts attempts={view.attempts} /> : null}
    </Panel>
  );
}

function Verdict({ verdict }: { verdict: ApiPipelineView['verdict'] }) {
  if (!verdict) return <span className="text-soft">{words.pipeline.noVerdict}</span>;
  const accepted = verdict.sent === verdict.wanted;
  return (
    <>
      {accepted ? words.pipeline.verdictSent(verdict.wanted) : words.pipeline.verdictPending(verdict.wanted)}
      {verdict.last_error && !accepted ? <p className="text-xs text-bad">{verdict.last_error}</p> : null}
    </>
  );
}

/** A text that changed under the same name has another digest: `integrity` would have refused it. */
function Includes({ includes }: { includes: ApiPipelineView['includes'] }) {
  return (
    <div className="border-t border-line px-4 py-3">
      <h3 className="mb-1 text-xs font-medium text-soft">{words.pipeline.includes}</h3>
      <ul className="grid gap-1 text-sm">
        {includes.map(({ name, digest, pinned }) => (
          <li key={name}>
            <span className="break-all">{name}</span>
            <span className="block font-mono text-xs break-all text-soft">{digest}</span>
            {pinned === false ? <span className="block text-xs text-soft">{words.pipeline.notPinned}</span> : null}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Attempts({ attempts }: { attempts: ApiPipelineView['attempts'] }) {
  return (
    <div className="border-t border-line px-4 py-3">
      <h3 className="mb-1 text-xs font-medium text-soft">{words.pipeline.attempts}</h3>
      <ol className="grid gap-1 text-sm">
        {attempts.map((attempt) => (
          <li key={attempt.n} className="flex justify-between gap-2">
            <span>
              {attempt.n}. {attempt.username ? `@${attempt.username}` : words.pipeline.nobody}{' '}
              <span className="text-soft">{words.pipeline.causes[attempt.cause] ?? attempt.cause}</span>
            </span>
            <span className="text-soft">
              <When at={attempt.created_at} />
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
