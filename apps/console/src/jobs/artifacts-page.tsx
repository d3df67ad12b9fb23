import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import type { ApiEntries, ApiProject } from '../api/answers.js';
import { jobEntriesQuery, jobQuery } from '../api/queries.js';
import { Button } from '../kit/button.js';
import { Crumbs } from '../kit/crumbs.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Empty, Notice, PageTitle, Panel, Skeleton } from '../kit/panel.js';
import { size } from '../kit/size.js';
import { WithProject } from '../projects/with-project.js';
import { words } from '../words.js';

/** What lies in the archive of a job, folder by folder. */
export function ArtifactsPage({ path, id, folder }: { path: string; id: number; folder: string }) {
  return <WithProject path={path}>{(project) => <Found project={project} id={id} folder={folder} />}</WithProject>;
}

function Found({ project, id, folder }: { project: ApiProject; id: number; folder: string }) {
  const job = useQuery(jobQuery(project.id, id));
  const entries = useInfiniteQuery(jobEntriesQuery(id, folder));
  const path = project.path_with_namespace;
  const [owner = '', repo = ''] = path.split('/');
  const rows = entries.data?.pages.flatMap((page) => page.entries) ?? [];
  const leftOut = entries.data?.pages[0]?.left_out ?? 0;
  return (
    <>
      <title>{`${words.files.title} · #${id} · ${path} · ${words.brand}`}</title>
      <Crumbs path={path}>
        {[
          <Link
            key="j"
            to="/$owner/$repo/-/jobs/$jobId"
            params={{ owner, repo, jobId: String(id) }}
            className="hover:text-ink hover:underline"
          >
            {job.data?.name ?? `#${id}`}
          </Link>,
          <span key="a">{words.files.title}</span>,
        ]}
      </Crumbs>
      <PageTitle aside={<Download projectId={project.id} id={id} />}>{words.files.title}</PageTitle>
      <Folders path={path} id={id} folder={folder} />
      <Panel className="overflow-x-auto">
        {entries.isPending ? <Skeleton rows={4} /> : null}
        {entries.isError && !entries.data ? (
          <LoadProblem error={entries.error} again={() => void entries.refetch()} />
        ) : null}
        {entries.data && rows.length === 0 ? <Empty title={words.files.empty} /> : null}
        {rows.length > 0 ? <Entries rows={rows} project={project} id={id} /> : null}
      </Panel>
      {entries.hasNextPage ? (
        <Button className="mt-3" onClick={() => void entries.fetchNextPage()}>
          {words.more}
        </Button>
      ) : null}
      {leftOut > 0 ? (
        <div className="mt-3">
          <Notice tone="quiet">{words.files.leftOut(leftOut)}</Notice>
        </div>
      ) : null}
    </>
  );
}

function Download({ projectId, id }: { projectId: number; id: number }) {
  return (
    <a
      href={`/api/v4/projects/${projectId}/jobs/${id}/artifacts`}
      className="rounded-md border border-line bg-panel px-3 py-1.5 text-sm font-medium hover:bg-raised"
    >
      {words.files.all}
    </a>
  );
}

/** Where in the archive this is, each folder above a link. */
function Folders({ path, id, folder }: { path: string; id: number; folder: string }) {
  const parts = folder.split('/').filter(Boolean);
  return (
    <nav aria-label={words.files.folders} className="mb-2 flex flex-wrap gap-x-1 font-mono text-sm">
      <FolderLink path={path} id={id} folder="" name="artifacts.zip" />
      {parts.map((part, i) => (
        <span key={i}>
          <span aria-hidden className="text-soft">
            /{' '}
          </span>
          <FolderLink path={path} id={id} folder={`${parts.slice(0, i + 1).join('/')}/`} name={part} />
        </span>
      ))}
    </nav>
  );
}

function FolderLink({ path, id, folder, name }: { path: string; id: number; folder: string; name: string }) {
  const [owner = '', repo = ''] = path.split('/');
  return (
    <Link
      to="/$owner/$repo/-/jobs/$jobId/artifacts/browse"
      params={{ owner, repo, jobId: String(id) }}
      search={folder === '' ? {} : { path: folder }}
      className="break-all underline underline-offset-2"
    >
      {name}
    </Link>
  );
}

function Entries({ rows, project, id }: { rows: ApiEntries['entries']; project: ApiProject; id: number }) {
  const { columns } = words.files;
  return (
    <table className="w-full text-left text-sm">
      <thead className="border-b border-line text-xs text-soft">
        <tr>
          <th className="px-4 py-2 font-medium">{columns.name}</th>
          <th className="px-4 py-2 text-right font-medium">{columns.size}</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {rows.map((entry) => (
          <tr key={entry.path}>
            <td className="px-4 py-2 font-mono">
              {entry.type === 'folder' ? (
                <FolderLink
                  path={project.path_with_namespace}
                  id={id}
                  folder={entry.path.endsWith('/') ? entry.path : `${entry.path}/`}
                  name={`${entry.name.replace(/[/]$/, '')}/`}
                />
              ) : (
                <a
                  href={`/api/v4/projects/${project.id}/jobs/${id}/artifacts/${inUrl(entry.path)}`}
                  className="break-all text-accent underline underline-offset-2"
                >
                  {entry.name}
                </a>
              )}
            </td>
            <td className="px-4 py-2 text-right whitespace-nowrap text-soft">
              {entry.type === 'folder' ? `${words.files.count(entry.files)}, ` : ''}
              {size(entry.size)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function inUrl(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
