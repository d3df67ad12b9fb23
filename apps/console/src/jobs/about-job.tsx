import { Link } from '@tanstack/react-router';

import type { ApiJob, ApiJobView } from '../api/answers.js';
import { Fact, Facts } from '../kit/facts.js';
import { Panel } from '../kit/panel.js';
import { Elapsed, When } from '../kit/when.js';
import { StatusBadge } from '../status/status-badge.js';
import { words } from '../words.js';
import { JobFiles } from './job-files.js';

/** What waits for something other than a runner. */
const notQueued = new Set(['created', 'manual', 'scheduled', 'waiting_for_resource']);

/** Where it runs, for how long, as whom, and its other tries. */
export function AboutJob({ job, view, path }: { job: ApiJob; view: ApiJobView; path: string }) {
  const w = words.job;
  const [owner = '', repo = ''] = path.split('/');
  return (
    <Panel>
      <h2 className="border-b border-line px-4 py-2.5 text-sm font-medium">{w.about}</h2>
      <Facts>
        <Fact name={w.stage}>{job.stage}</Fact>
        <Fact name={w.startedBy}>{'username' in job.user ? `@${job.user.username}` : '–'}</Fact>
        <Fact name={w.runner}>
          {job.runner ? `#${job.runner.id} ${job.runner.description}` : <span className="text-soft">{w.noRunner}</span>}
        </Fact>
        <Fact name={w.tags}>
          {job.tag_list.length > 0 ? job.tag_list.join(', ') : <span className="text-soft">{w.noTags}</span>}
        </Fact>
        {notQueued.has(job.status) ? null : (
          <Fact name={w.queued}>
            <Elapsed from={job.created_at} to={job.started_at ?? job.finished_at} />
          </Fact>
        )}
        <Fact name={w.duration}>
          <Elapsed from={job.started_at} to={job.finished_at} />
        </Fact>
        {view.exit_code === null ? null : <Fact name={w.exitCode}>{view.exit_code}</Fact>}
      </Facts>
      <JobFiles job={job} path={path} />
      {job.allow_failure ? <p className="px-4 pb-3 text-xs text-soft">{w.allowedToFail}</p> : null}
      {view.attempts.length > 1 ? (
        <div className="border-t border-line px-4 py-3">
          <h3 className="mb-2 text-xs font-medium text-soft">{w.attempts}</h3>
          <ol className="grid gap-1.5 text-sm">
            {view.attempts.map((attempt) => (
              <li key={attempt.id} className="flex items-center justify-between gap-2">
                <Link
                  to="/$owner/$repo/-/jobs/$jobId"
                  params={{ owner, repo, jobId: String(attempt.id) }}
                  className={attempt.id === job.id ? 'font-medium' : 'underline underline-offset-2'}
                >
                  {`#${attempt.id}`}
                </Link>
                <StatusBadge status={attempt.status} allowFailure={job.allow_failure} />
                <span className="text-xs text-soft">
                  <When at={attempt.created_at} />
                </span>
              </li>
            ))}
          </ol>
        </div>
      ) : null}
    </Panel>
  );
}
