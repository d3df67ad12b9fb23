import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import type { ApiRunner } from '../api/answers.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Empty, Panel, Skeleton } from '../kit/panel.js';
import { When } from '../kit/when.js';
import { words } from '../words.js';

/** What stands beside a runner of a list. */
export type RunnerAside = (runner: ApiRunner) => ReactNode;

/** Runners, however they were asked for. */
export function RunnerList({ query, aside }: { query: UseQueryResult<ApiRunner[]>; aside?: RunnerAside }) {
  return (
    <Panel className="overflow-x-auto">
      {query.isPending ? <Skeleton rows={3} /> : null}
      {query.isError && !query.data ? <LoadProblem error={query.error} again={() => void query.refetch()} /> : null}
      {query.data?.length === 0 ? <Empty title={words.runners.empty} text={words.runners.emptyText} /> : null}
      {query.data && query.data.length > 0 ? <RunnerTable runners={query.data} aside={aside} /> : null}
    </Panel>
  );
}

function RunnerTable({ runners, aside }: { runners: ApiRunner[]; aside: RunnerAside | undefined }) {
  const { columns } = words.runners;
  return (
    <table className="stacking w-full text-left text-sm">
      <thead className="border-b border-line text-xs text-soft">
        <tr>
          <th className="px-4 py-2 font-medium">{columns.status}</th>
          <th className="px-2 py-2 font-medium">{columns.runner}</th>
          <th className="px-2 py-2 font-medium">{columns.tags}</th>
          <th className="px-4 py-2 text-right font-medium">{columns.contact}</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {runners.map((runner) => (
          <tr key={runner.id} className="align-top">
            <td className="px-4 py-3 whitespace-nowrap">
              <RunnerState runner={runner} />
            </td>
            <td className="px-2 py-3">
              <Link
                to="/-/runners/$runnerId"
                params={{ runnerId: String(runner.id) }}
                className="font-medium break-words hover:underline"
              >
                {runner.description || `#${runner.id}`}
              </Link>
              <div className="text-xs text-soft">
                #{runner.id} · {words.runners.types[runner.runner_type] ?? runner.runner_type}
              </div>
            </td>
            <td className="px-2 py-3 text-soft">{runner.tag_list?.join(', ') || '–'}</td>
            <td className="px-4 py-3 text-right text-soft">
              {runner.contacted_at ? <When at={runner.contacted_at} /> : words.runners.never}
              {aside ? <div className="mt-1">{aside(runner)}</div> : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Its state, by mark and word. */
export function RunnerState({ runner }: { runner: Pick<ApiRunner, 'paused' | 'status'> }) {
  const state = runner.paused ? 'paused' : runner.status;
  const online = state === 'online';
  return (
    <span data-status={state} className="inline-flex items-center gap-2">
      <span aria-hidden className={`h-2 w-2 rounded-full ${online ? 'bg-good' : 'border border-soft'}`} />
      {words.runners.states[state] ?? state}
    </span>
  );
}
