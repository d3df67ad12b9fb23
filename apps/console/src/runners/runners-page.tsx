import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { accountQuery } from '../api/account.js';
import type { ApiRunner } from '../api/answers.js';
import { runnersQuery } from '../api/queries.js';
import { Button } from '../kit/button.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Empty, PageTitle, Panel, Skeleton } from '../kit/panel.js';
import { When } from '../kit/when.js';
import { words } from '../words.js';
import { CreateRunner } from './create-runner.js';

export function RunnersPage() {
  const account = useQuery(accountQuery);
  const runners = useQuery(runnersQuery(account.data?.user.is_admin ?? false));
  const [creating, setCreating] = useState(false);
  return (
    <>
      <title>{`${words.runners.title} · ${words.brand}`}</title>
      <PageTitle
        aside={
          creating ? null : (
            <Button look="main" onClick={() => setCreating(true)}>
              {words.runners.create}
            </Button>
          )
        }
      >
        {words.runners.title}
      </PageTitle>
      {creating ? (
        <CreateRunner isAdmin={account.data?.user.is_admin ?? false} onClose={() => setCreating(false)} />
      ) : null}
      <Panel className="overflow-x-auto">
        {runners.isPending ? <Skeleton rows={3} /> : null}
        {runners.isError && !runners.data ? (
          <LoadProblem error={runners.error} again={() => void runners.refetch()} />
        ) : null}
        {runners.data?.length === 0 ? <Empty title={words.runners.empty} text={words.runners.emptyText} /> : null}
        {runners.data && runners.data.length > 0 ? <RunnerTable runners={runners.data} /> : null}
      </Panel>
    </>
  );
}

function RunnerTable({ runners }: { runners: ApiRunner[] }) {
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
              <div className="font-medium break-words">{runner.description || `#${runner.id}`}</div>
              <div className="text-xs text-soft">
                #{runner.id} · {words.runners.types[runner.runner_type] ?? runner.runner_type}
              </div>
            </td>
            <td className="px-2 py-3 text-soft">{runner.tag_list?.join(', ') || '–'}</td>
            <td className="px-4 py-3 text-right text-soft">
              {runner.contacted_at ? <When at={runner.contacted_at} /> : words.runners.never}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RunnerState({ runner }: { runner: ApiRunner }) {
  const state = runner.paused ? 'paused' : runner.status;
  const online = state === 'online';
  return (
    <span data-status={state} className="inline-flex items-center gap-2">
      <span aria-hidden className={`h-2 w-2 rounded-full ${online ? 'bg-good' : 'border border-soft'}`} />
      {words.runners.states[state] ?? state}
    </span>
  );
}
