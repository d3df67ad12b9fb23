import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';

import type { ApiPipeline, ApiProject } from '../api/answers.js';
import { type PipelineFilter, pipelinesQuery, waitingPushesQuery } from '../api/queries.js';
import { Button } from '../kit/button.js';
import { Crumbs } from '../kit/crumbs.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Empty, Notice, PageTitle, Panel, Skeleton } from '../kit/panel.js';
import { duration } from '../kit/time.js';
import { When } from '../kit/when.js';
import { ProjectTabs } from '../projects/project-tabs.js';
import { WithProject } from '../projects/with-project.js';
import { StatusBadge } from '../status/status-badge.js';
import { statusMap } from '../status/status-map.js';
import { words } from '../words.js';

export function PipelinesPage({ path, filter }: { path: string; filter: PipelineFilter }) {
  return (
    <>
      <title>{`${words.pipelines.title} · ${path} · ${words.brand}`}</title>
      <WithProject path={path}>
        {(project) => (
          <>
            <Crumbs path={project.path_with_namespace} />
            <ProjectTabs path={project.path_with_namespace} />
            <PageTitle aside={<Filters path={path} filter={filter} />}>{words.pipelines.title}</PageTitle>
            <WaitingPushes projectId={project.id} />
            <PipelineList project={project} filter={filter} />
          </>
        )}
      </WithProject>
    </>
  );
}

/** Pushes that have no pipeline yet, mostly because GitHub does not answer. */
function WaitingPushes({ projectId }: { projectId: number }) {
  const [oldest, ...more] = useQuery(waitingPushesQuery(projectId)).data ?? [];
  if (!oldest) return null;
  return (
    <div className="mb-3" role="status">
      <Notice tone="warn">
        {words.pipelines.waiting(more.length + 1)} {oldest.sentence} <When at={oldest.received_at} />
      </Notice>
    </div>
  );
}

function Filters({ path, filter }: { path: string; filter: PipelineFilter }) {
  const navigate = useNavigate();
  const [owner = '', repo = ''] = path.split('/');
  const set = (change: PipelineFilter) =>
    void navigate({
      to: '/$owner/$repo/-/pipelines',
      params: { owner, repo },
      search: { status: filter.status, ref: filter.ref, username: filter.username, ...change },
      replace: true,
    });
  const field = 'rounded-md border border-line bg-panel px-2.5 py-1.5 text-sm';
  return (
    <div className="flex flex-wrap gap-2">
      <select
        aria-label={words.pipelines.status}
        value={filter.status ?? ''}
        onChange={(event) => set({ status: event.target.value || undefined })}
        className={field}
      >
        <option value="">{words.pipelines.anyStatus}</option>
        {Object.entries(statusMap).map(([status, look]) => (
          <option key={status} value={status}>
            {look.word}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label={words.pipelines.branch}
        placeholder={words.pipelines.branch}
        defaultValue={filter.ref ?? ''}
        onChange={(event) => set({ ref: event.target.value || undefined })}
        className={`${field} w-40`}
      />
    </div>
  );
}

function PipelineList({ project, filter }: { project: ApiProject; filter: PipelineFilter }) {
  const pipelines = useInfiniteQuery(pipelinesQuery(project.id, filter));
  const rows = pipelines.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = Object.values(filter).some(Boolean);
  return (
    <>
      <Panel className="overflow-x-auto">
        {pipelines.isPending ? <Skeleton /> : null}
        {pipelines.isError && rows.length === 0 ? (
          <LoadProblem error={pipelines.error} again={() => void pipelines.refetch()} />
        ) : null}
        {pipelines.isSuccess && rows.length === 0 ? (
          <Empty
            title={filtered ? words.pipelines.emptyFilter : words.pipelines.empty}
            text={filtered ? words.pipelines.emptyFilterText : words.pipelines.emptyText}
          />
        ) : null}
        {rows.length > 0 ? <PipelineTable rows={rows} path={project.path_with_namespace} /> : null}
      </Panel>
      {pipelines.hasNextPage ? (
        <Button className="mt-3" onClick={() => void pipelines.fetchNextPage()}>
          {words.more}
        </Button>
      ) : null}
    </>
  );
}

function PipelineTable({ rows, path }: { rows: ApiPipeline[]; path: string }) {
  const { columns } = words.pipelines;
  return (
    <table className="stacking w-full text-left text-sm">
      <thead className="border-b border-line text-xs text-soft">
        <tr>
          <th className="px-4 py-2 font-medium">{columns.status}</th>
          <th className="px-2 py-2 font-medium">{columns.pipeline}</th>
          <th className="px-2 py-2 font-medium">{columns.by}</th>
          <th className="px-2 py-2 font-medium">{columns.duration}</th>
          <th className="px-4 py-2 text-right font-medium">{columns.when}</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {rows.map((pipeline) => (
          <PipelineRow key={pipeline.id} pipeline={pipeline} path={path} />
        ))}
      </tbody>
    </table>
  );
}

function PipelineRow({ pipeline, path }: { pipeline: ApiPipeline; path: string }) {
  const [owner = '', repo = ''] = path.split('/');
  const extra = pipeline.crosstie;
  return (
    <tr className="align-top hover:bg-raised/50">
      <td className="px-4 py-3">
        <StatusBadge status={pipeline.status} />
      </td>
      <td className="max-w-md px-2 py-3">
        <Link
          to="/$owner/$repo/-/pipelines/$pipelineId"
          params={{ owner, repo, pipelineId: String(pipeline.id) }}
          className="block truncate font-medium hover:underline"
        >
          {extra?.commit_title || words.pipeline.title(pipeline.id)}
        </Link>
        <div className="flex flex-wrap gap-x-2 text-xs text-soft">
          <span>#{pipeline.id}</span>
          <span className="max-w-56 truncate">{pipeline.ref}</span>
          <code className="font-mono">{pipeline.sha.slice(0, 8)}</code>
          {extra?.recovered ? <span>{words.pipelines.recovered}</span> : null}
        </div>
        {extra?.failure_message ? <p className="mt-1 text-xs text-bad">{extra.failure_message}</p> : null}
      </td>
      <td className="px-2 py-3">
        <div>{extra?.sender_login ? `@${extra.sender_login}` : '–'}</div>
        {extra?.run_as ? <div className="text-xs text-soft">{words.pipelines.runAs(`@${extra.run_as}`)}</div> : null}
      </td>
      <td className="px-2 py-3 whitespace-nowrap text-soft">{duration(extra?.duration_s ?? null)}</td>
      <td className="px-4 py-3 text-right whitespace-nowrap text-soft">
        <When at={pipeline.created_at} />
      </td>
    </tr>
  );
}
