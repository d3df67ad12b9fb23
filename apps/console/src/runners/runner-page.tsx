import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import type { ApiRunnerDetails, ApiRunnerJob } from '../api/answers.js';
import { runnerJobsQuery, runnerQuery } from '../api/queries.js';
import { Button } from '../kit/button.js';
import { Fact, Facts } from '../kit/facts.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Empty, PageTitle, Panel, Skeleton } from '../kit/panel.js';
import { duration } from '../kit/time.js';
import { Elapsed, When } from '../kit/when.js';
import { StatusBadge } from '../status/status-badge.js';
import { words } from '../words.js';
import { RunnerState } from './runner-list.js';

/** One runner: what it is, and what it has run. */
export function RunnerPage({ id }: { id: number }) {
  const runner = useQuery(runnerQuery(id));
  if (!runner.data) {
    return runner.isError ? <LoadProblem error={runner.error} again={() => void runner.refetch()} /> : <Skeleton />;
  }
  const name = runner.data.description || `#${id}`;
  return (
    <>
      <title>{`${name} · ${words.runners.title} · ${words.brand}`}</title>
      <nav aria-label="Breadcrumb" className="mb-2 text-sm text-soft">
        <Link to="/-/runners" className="hover:text-ink hover:underline">
          {words.runners.title}
        </Link>{' '}
        <span aria-hidden>/</span> #{id}
      </nav>
      <PageTitle aside={<RunnerState runner={runner.data} />}>{name}</PageTitle>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Panel className="overflow-x-auto">
          <h2 className="border-b border-line px-4 py-2.5 text-sm font-medium">{words.runners.jobs}</h2>
          <Jobs id={id} />
        </Panel>
        <About runner={runner.data} />
      </div>
    </>
  );
}

function About({ runner }: { runner: ApiRunnerDetails }) {
  const w = words.runners;
  return (
    <Panel>
      <h2 className="border-b border-line px-4 py-2.5 text-sm font-medium">{w.about}</h2>
      <Facts>
        <Fact name={w.type}>{w.types[runner.runner_type] ?? runner.runner_type}</Fact>
        <Fact name={w.tags}>{runner.tag_list?.join(', ') || '–'}</Fact>
        <Fact name={w.untagged}>{runner.run_untagged ? w.yes : w.no}</Fact>
        <Fact name={w.columns.contact}>{runner.contacted_at ? <When at={runner.contacted_at} /> : w.never}</Fact>
        <Fact name={w.version}>{runner.version ?? '–'}</Fact>
        <Fact name={w.platform}>{[runner.platform, runner.architecture].filter(Boolean).join('/') || '–'}</Fact>
        <Fact name={w.timeout}>{duration(runner.maximum_timeout)}</Fact>
        <Fact name={w.locked}>{runner.locked ? w.yes : w.no}</Fact>
        {runner.projects.length > 0 ? (
          <Fact name={w.projects}>{runner.projects.map((one) => one.path_with_namespace).join(', ')}</Fact>
        ) : null}
      </Facts>
    </Panel>
  );
}

function Jobs({ id }: { id: number }) {
  const jobs = useInfiniteQuery(runnerJobsQuery(id));
  const rows = jobs.data?.pages.flatMap((page) => page.items) ?? [];
  if (!jobs.data) return jobs.isError ? <LoadProblem error={jobs.error} /> : <Skeleton rows={3} />;
  if (rows.length === 0) return <Empty title={words.runners.noJobs} />;
  return (
    <>
      <JobTable rows={rows} />
      {jobs.hasNextPage ? (
        <Button className="m-3" onClick={() => void jobs.fetchNextPage()}>
          {words.more}
        </Button>
      ) : null}
    </>
  );
}

function JobTable({ rows }: { rows: ApiRunnerJob[] }) {
  const { jobColumns: columns } = words.runners;
  return (
    <table className="stacking w-full text-left text-sm">
      <thead className="border-b border-line text-xs text-soft">
        <tr>
          <th className="px-4 py-2 font-medium">{columns.status}</th>
          <th className="px-2 py-2 font-medium">{columns.job}</th>
          <th className="px-2 py-2 font-medium">{columns.duration}</th>
          <th className="px-4 py-2 text-right font-medium">{columns.when}</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {rows.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
      </tbody>
    </table>
  );
}

function JobRow({ job }: { job: ApiRunnerJob }) {
  const [owner = '', repo = ''] = job.project.path_with_namespace.split('/');
  return (
    <tr className="align-top">
      <td className="px-4 py-3">
        <StatusBadge status={job.status} allowFailure={job.allow_failure} />
      </td>
      <td className="px-2 py-3">
        <Link
          to="/$owner/$repo/-/jobs/$jobId"
          params={{ owner, repo, jobId: String(job.id) }}
          className="font-medium hover:underline"
        >
          {job.name}
        </Link>
        <div className="text-xs text-soft">
          #{job.id} · {job.project.path_with_namespace}
        </div>
      </td>
      <td className="px-2 py-3 whitespace-nowrap text-soft">
        <Elapsed from={job.started_at} to={job.finished_at} />
      </td>
      <td className="px-4 py-3 text-right whitespace-nowrap text-soft">
        <When at={job.created_at} />
      </td>
    </tr>
  );
}
