import { Link } from '@tanstack/react-router';

import type { ApiJob } from '../api/answers.js';
import { Elapsed } from '../kit/when.js';
import { toneText } from '../status/status-badge.js';
import { StatusIcon } from '../status/status-icon.js';
import { lookOf } from '../status/status-map.js';
import { jobsByStage } from './jobs-by-stage.js';

/** The jobs of a pipeline, a column for each stage. */
export function Stages({ jobs, path }: { jobs: readonly ApiJob[]; path: string }) {
  const [owner = '', repo = ''] = path.split('/');
  return (
    <div className="flex gap-4 overflow-x-auto p-4">
      {jobsByStage(jobs).map(({ stage, jobs: inStage }) => (
        <section key={stage} className="min-w-52 flex-1 basis-52" aria-label={stage}>
          <h3 className="mb-2 truncate px-1 text-xs font-medium tracking-wide text-soft">{stage}</h3>
          <ul className="grid gap-1.5">
            {inStage.map((job) => {
              const look = lookOf(job.status, job.allow_failure);
              return (
                <li key={job.id}>
                  <Link
                    to="/$owner/$repo/-/jobs/$jobId"
                    params={{ owner, repo, jobId: String(job.id) }}
                    data-status={job.status}
                    className="flex items-center gap-2 rounded-md border border-line bg-panel px-2.5 py-2 text-sm hover:bg-raised"
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
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </div>
  );
}
