import { useQuery } from '@tanstack/react-query';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';

import type { ApiJob, ApiJobView, ApiProject } from '../api/answers.js';
import { jobQuery, jobViewQuery } from '../api/queries.js';
import { useEventStream } from '../events/use-events.js';
import { ActionButton } from '../kit/action-button.js';
import { Crumbs } from '../kit/crumbs.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Notice, Panel, Skeleton } from '../kit/panel.js';
import { Until } from '../kit/when.js';
import { readLineRange } from '../log/line-range.js';
import { LogView } from '../log/log-view.js';
import { traceReader } from '../log/read-trace.js';
import { TraceFeed } from '../log/trace-feed.js';
import { WithProject } from '../projects/with-project.js';
import { StatusBadge } from '../status/status-badge.js';
import { lookOf } from '../status/status-map.js';
import { words } from '../words.js';
import { AboutJob } from './about-job.js';

export function JobPage({ path, id }: { path: string; id: number }) {
  return <WithProject path={path}>{(project) => <Found project={project} id={id} />}</WithProject>;
}

function Found({ project, id }: { project: ApiProject; id: number }) {
  const job = useQuery(jobQuery(project.id, id));
  const view = useQuery(jobViewQuery(id));
  if (!job.data || !view.data) {
    const error = job.error ?? view.error;
    return error ? (
      <LoadProblem error={error} again={() => void Promise.all([job.refetch(), view.refetch()])} />
    ) : (
      <Skeleton />
    );
  }
  const path = project.path_with_namespace;
  return (
    <>
      <title>{`${job.data.name} #${id} · ${path} · ${words.brand}`}</title>
      <JobCrumbs path={path} job={job.data} />
      <Heading job={job.data} view={view.data} path={path} projectId={project.id} />
      <Explanation job={job.data} view={view.data} />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
        {view.data.may_read_log.allowed ? (
          <Log job={job.data} projectId={project.id} />
        ) : (
          <Panel className="p-4">
            <Notice tone="quiet">{view.data.may_read_log.reason}</Notice>
          </Panel>
        )}
        <AboutJob job={job.data} view={view.data} path={path} />
      </div>
    </>
  );
}

/** What it came to, or what it waits for. */
function Explanation({ job, view }: { job: ApiJob; view: ApiJobView }) {
  const isBad = job.status === 'failed' && !job.allow_failure;
  const tone = isBad ? 'bad' : view.stuck || job.status === 'failed' ? 'warn' : 'quiet';
  if (view.scheduled_at === null && !view.explanation) return null;
  return (
    <div className="mb-4">
      <Notice tone={tone}>
        {view.scheduled_at === null ? (
          view.explanation
        ) : (
          <>
            {words.job.startsIn} <Until at={view.scheduled_at} />
          </>
        )}
      </Notice>
    </div>
  );
}

function JobCrumbs({ path, job }: { path: string; job: ApiJob }) {
  const [owner = '', repo = ''] = path.split('/');
  const pipelineId = String(job.pipeline.id);
  return (
    <Crumbs path={path}>
      {[
        <Link
          key="p"
          to="/$owner/$repo/-/pipelines/$pipelineId"
          params={{ owner, repo, pipelineId }}
          className="hover:text-ink hover:underline"
        >
          {`#${pipelineId}`}
        </Link>,
        <span key="j">{job.name}</span>,
      ]}
    </Crumbs>
  );
}

function Heading({ job, view, path, projectId }: { job: ApiJob; view: ApiJobView; path: string; projectId: number }) {
  const navigate = useNavigate();
  const [owner = '', repo = ''] = path.split('/');
  const posts = `/api/v4/projects/${projectId}/jobs/${job.id}`;
  const open = (next: ApiJob) =>
    void navigate({ to: '/$owner/$repo/-/jobs/$jobId', params: { owner, repo, jobId: String(next.id) } });
  return (
    <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
      <div className="min-w-0 flex-1">
        <h1 className="mb-1.5 text-xl font-semibold tracking-tight break-words">{job.name}</h1>
        <StatusBadge status={job.status} allowFailure={job.allow_failure} />
      </div>
      <div className="flex flex-wrap gap-2">
        {job.status === 'manual' || job.status === 'scheduled' ? (
          <ActionButton<ApiJob>
            look="main"
            action={view.actions.play}
            request={{ path: `${posts}/play`, onDone: open }}
          >
            {job.status === 'manual' ? words.job.play : words.job.playNow}
          </ActionButton>
        ) : null}
        {lookOf(job.status).over ? (
          <ActionButton<ApiJob> action={view.actions.retry} request={{ path: `${posts}/retry`, onDone: open }}>
            {words.job.retry}
          </ActionButton>
        ) : (
          <ActionButton look="danger" action={view.actions.cancel} request={{ path: `${posts}/cancel` }}>
            {words.job.cancel}
          </ActionButton>
        )}
      </div>
    </div>
  );
}

function Log({ job, projectId }: { job: ApiJob; projectId: number }) {
  const [feed] = useState(() => new TraceFeed(traceReader(projectId, job.id)));
  const events = useEventStream();
  const hash = useLocation({ select: (location) => location.hash });
  const chosen = useMemo(() => readLineRange(hash), [hash]);
  const { over } = lookOf(job.status);

  // Also when it is over: what came between the last hint and the end.
  useEffect(() => {
    feed.start();
    return () => feed.stop();
  }, [feed, over]);
  useEffect(
    () => (over ? undefined : events.watchTrace(job.id, (size) => feed.grewTo(size))),
    [events, feed, job.id, over],
  );
  return (
    <LogView
      feed={feed}
      chosen={chosen}
      rawHref={`/api/v4/projects/${projectId}/jobs/${job.id}/trace`}
      emptyText={emptyText(job)}
    />
  );
}

/** Why there is nothing in the log. */
function emptyText(job: ApiJob): string {
  if (lookOf(job.status).over) return words.log.emptyOver;
  if (job.started_at) return words.log.empty;
  return job.status === 'pending' ? words.log.waiting : words.log.notStarted;
}
