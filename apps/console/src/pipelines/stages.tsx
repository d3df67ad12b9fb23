import { Link } from '@tanstack/react-router';

import type { ApiAction, ApiJob } from '../api/answers.js';
import { ActionButton } from '../kit/action-button.js';
import { Elapsed } from '../kit/when.js';
import { toneText } from '../status/status-badge.js';
import { StatusIcon } from '../status/status-icon.js';
import { lookOf } from '../status/status-map.js';
import { words } from '../words.js';
import { jobsByStage } from './jobs-by-stage.js';

/** The jobs of a pipeline, a column for each stage; those that wait for somebody with a button. */
export function Stages({ jobs, path, play }: { jobs: readonly ApiJob[]; path: string; play: ApiAction }) {
  return (
    <div className="flex gap-4 overflow-x-auto p-4">
      {jobsByStage(jobs).map(({ stage, jobs: inStage }) => (
        <section key={stage} className="min-w-52 flex-1 basis-52" aria-label={stage}>
          <h3 className="mb-2 truncate px-1 text-xs font-medium tracking-wide text-soft">{stage}</h3>
          <ul className="grid gap-1.5">
            {inStage.map((job) => (
              <li key={job.id} className="flex items-center gap-1.5">
                <JobLink job={job} path={path} />
                {job.status === 'manual' || job.status === 'scheduled' ? (
                  <ActionButton
                    action={play}
                    label={job.status === 'manual' ? words.job.playNamed(job.name) : words.job.playNowNamed(job.name)}
                    request={{ path: `/api/v4/projects/${job.pipeline.project_id}/jobs/${job.id}/play` }}
                  >
                    {job.status === 'manual' ? words.job.play : words.job.playNow}
                  </ActionButton>
                ) : null}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function JobLink({ job, path }: { job: ApiJob; path: string }) {
  const [owner = '', repo = ''] = path.split('/');
  const look = lookOf(job.status, job.allow_failure);
  return (
    <Link
      to="/$owner/$repo/-/jobs/$jobId"
      params={{ owner, repo, jobId: String(job.id) }}
      data-status={job.status}
      className="flex min-w-0 flex-1 items-center gap-2 rounded-md border border-line bg-panel px-2.5 py-2 text-sm hover:bg-raised"
    >
      <StatusIcon icon={look.icon} className={toneText[look.tone]} />
      <span className="min-w-0 flex-1 truncate" title={job.name}>
        {job.name}
      </span>
      <span className="text-xs whitespace-nowrap text-soft">
        {job.started_at ? <Elapsed from={job.started_at} to={job.finished_at} /> : look.word}
      </span>
      <span className="sr-only">{look.word}</span>
    </Link>
  );
}
