import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';

import type { ApiProject } from '../api/answers.js';
import { projectsQuery } from '../api/queries.js';
import { Button } from '../kit/button.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Empty, PageTitle, Panel, Skeleton } from '../kit/panel.js';
import { When } from '../kit/when.js';
import { NextSteps } from '../shell/next-steps.js';
import { StatusBadge } from '../status/status-badge.js';
import { words } from '../words.js';

export function ProjectsPage({ text }: { text: string }) {
  const projects = useInfiniteQuery(projectsQuery(text));
  const navigate = useNavigate();
  const rows = projects.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <title>{`${words.projects.title} · ${words.brand}`}</title>
      <PageTitle
        aside={
          <input
            type="search"
            defaultValue={text}
            placeholder={words.projects.search}
            aria-label={words.projects.search}
            onChange={(event) =>
              void navigate({ to: '/', search: { search: event.target.value || undefined }, replace: true })
            }
            className="w-64 rounded-md border border-line bg-panel px-3 py-1.5 text-sm"
          />
        }
      >
        {words.projects.title}
      </PageTitle>
      <NextSteps />
      <Panel>
        {projects.isPending ? <Skeleton /> : null}
        {projects.isError && rows.length === 0 ? (
          <LoadProblem error={projects.error} again={() => void projects.refetch()} />
        ) : null}
        {projects.isSuccess && rows.length === 0 ? (
          <Empty
            title={text ? words.projects.emptySearch : words.projects.empty}
            text={text ? words.projects.emptySearchText : words.projects.emptyText}
          />
        ) : null}
        <ul className="divide-y divide-line">
          {rows.map((project) => (
            <ProjectRow key={project.id} project={project} />
          ))}
        </ul>
      </Panel>
      {projects.hasNextPage ? (
        <Button className="mt-3" onClick={() => void projects.fetchNextPage()}>
          {words.more}
        </Button>
      ) : null}
    </>
  );
}

function ProjectRow({ project }: { project: ApiProject }) {
  const [owner = '', repo = ''] = project.path_with_namespace.split('/');
  const last = project.crosstie?.last_pipeline ?? null;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 hover:bg-raised/50">
      <Link
        to="/$owner/$repo/-/pipelines"
        params={{ owner, repo }}
        className="min-w-0 flex-1 font-medium hover:underline"
      >
        <span className="text-soft">{owner}/</span>
        {repo}
      </Link>
      {project.archived ? <span className="text-xs text-soft">{words.projects.archived}</span> : null}
      {project.crosstie?.enabled === false ? <span className="text-xs text-warn">{words.projects.off}</span> : null}
      {last ? (
        <Link
          to="/$owner/$repo/-/pipelines/$pipelineId"
          params={{ owner, repo, pipelineId: String(last.id) }}
          className="flex items-center gap-3 text-sm text-soft"
        >
          <span className="max-w-48 truncate">{last.ref}</span>
          <StatusBadge status={last.status} />
        </Link>
      ) : (
        <span className="text-sm text-soft">{words.projects.neverRun}</span>
      )}
      <span className="w-24 text-right text-sm text-soft">
        <When at={last?.created_at ?? null} />
      </span>
    </li>
  );
}
