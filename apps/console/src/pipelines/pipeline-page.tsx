import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { accountQuery } from '../api/account.js';
import type { ApiAction, ApiJob, ApiPipelineDetail, ApiPipelineView, ApiProject } from '../api/answers.js';
import { pipelineJobsQuery, pipelineQuery, pipelineViewQuery } from '../api/queries.js';
import { ActionButton } from '../kit/action-button.js';
import { Crumbs } from '../kit/crumbs.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Empty, Notice, Panel, Skeleton } from '../kit/panel.js';
import { WithProject } from '../projects/with-project.js';
import { StatusBadge } from '../status/status-badge.js';
import { lookOf } from '../status/status-map.js';
import { words } from '../words.js';
import { AboutPipeline } from './about-pipeline.js';
import { firstFailure } from './jobs-by-stage.js';
import { RefusedPipeline } from './refused-pipeline.js';
import { Stages } from './stages.js';

export function PipelinePage({ path, id }: { path: string; id: number }) {
  return <WithProject path={path}>{(project) => <Found project={project} id={id} />}</WithProject>;
}

function Found({ project, id }: { project: ApiProject; id: number }) {
  const pipeline = useQuery(pipelineQuery(project.id, id));
  const view = useQuery(pipelineViewQuery(id));
  const jobs = useQuery(pipelineJobsQuery(project.id, id));
  const account = useQuery(accountQuery);
  if (!pipeline.data || !view.data) {
    const error = pipeline.error ?? view.error;
    return error ? (
      <LoadProblem error={error} again={() => void Promise.all([pipeline.refetch(), view.refetch()])} />
    ) : (
      <Skeleton />
    );
  }
  const { refusal } = view.data;
  return (
    <>
      <title>{`${words.pipeline.title(id)} · ${project.path_with_namespace} · ${words.brand}`}</title>
      <Crumbs path={project.path_with_namespace}>{[<span key="p">{`#${id}`}</span>]}</Crumbs>
      <Heading pipeline={pipeline.data} view={view.data} />
      {refusal ? <RefusedPipeline view={view.data} refusal={refusal} me={account.data?.user.username ?? ''} /> : null}
      {pipeline.data.yaml_errors ? <YamlErrors text={pipeline.data.yaml_errors} /> : null}
      <FirstFailure jobs={jobs.data ?? []} path={project.path_with_namespace} />
      <div
        className={refusal ? '' : 'grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]'}
      >
        <Panel className={refusal ? 'hidden' : ''}>
          <h2 className="border-b border-line px-4 py-2.5 text-sm font-medium">{words.pipeline.jobs}</h2>
          <Jobs jobs={jobs.data} error={jobs.error} path={project.path_with_namespace} play={view.data.actions.play} />
        </Panel>
        <AboutPipeline project={project} pipeline={pipeline.data} view={view.data} />
      </div>
    </>
  );
}

function Heading({ pipeline, view }: { pipeline: ApiPipelineDetail; view: ApiPipelineView }) {
  const posts = `/api/v4/projects/${pipeline.project_id}/pipelines/${pipeline.id}`;
  const title = pipeline.crosstie?.commit_title || words.pipeline.title(pipeline.id);
  return (
    <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
      <div className="min-w-0 flex-1">
        <h1 className="mb-1.5 text-xl font-semibold tracking-tight break-words">{title}</h1>
        <StatusBadge status={pipeline.status} />
      </div>
      <div className="flex gap-2">
        {view.refusal || !(view.actions.retry.allowed || lookOf(pipeline.status).over) ? null : (
          <ActionButton action={view.actions.retry} request={{ path: `${posts}/retry` }}>
            {words.pipeline.retry}
          </ActionButton>
        )}
        {view.actions.cancel.allowed ? (
          <ActionButton look="danger" action={view.actions.cancel} request={{ path: `${posts}/cancel` }}>
            {words.pipeline.cancel}
          </ActionButton>
        ) : null}
      </div>
    </div>
  );
}

interface JobsShown {
  jobs: ApiJob[] | undefined;
  error: Error | null;
  path: string;
  play: ApiAction;
}

function Jobs({ jobs, error, path, play }: JobsShown) {
  if (jobs && jobs.length > 0) return <Stages jobs={jobs} path={path} play={play} />;
  if (jobs) return <Empty title={words.pipeline.noJobs} />;
  return error ? <LoadProblem error={error} /> : <Skeleton rows={3} />;
}

function YamlErrors({ text }: { text: string }) {
  return (
    <Panel className="mb-4">
      <h2 className="border-b border-line px-4 py-2.5 text-sm font-medium">{words.pipeline.yamlErrors}</h2>
      <pre className="overflow-x-auto px-4 py-3 font-mono text-xs leading-relaxed whitespace-pre-wrap">{text}</pre>
    </Panel>
  );
}

function FirstFailure({ jobs, path }: { jobs: readonly ApiJob[]; path: string }) {
  const job = firstFailure(jobs);
  if (!job) return null;
  const [owner = '', repo = ''] = path.split('/');
  return (
    <div className="mb-4">
      <Notice tone="bad">
        <Link
          to="/$owner/$repo/-/jobs/$jobId"
          params={{ owner, repo, jobId: String(job.id) }}
          className="font-medium underline underline-offset-2"
        >
          {words.pipeline.firstFailure(job.name)}
        </Link>
        {job.failure_reason ? <span className="ml-2 font-mono text-xs">{job.failure_reason}</span> : null}
      </Notice>
    </div>
  );
}
