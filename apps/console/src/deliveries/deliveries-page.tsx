import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';

import { accountQuery } from '../api/account.js';
import type { ApiDelivery } from '../api/answers.js';
import { deliveriesQuery } from '../api/queries.js';
import { Button } from '../kit/button.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Empty, PageTitle, Panel, Skeleton } from '../kit/panel.js';
import { When } from '../kit/when.js';
import { StatusBadge } from '../status/status-badge.js';
import { words } from '../words.js';
import { DeadLetters } from './dead-letters.js';

export function DeliveriesPage({ state }: { state: string }) {
  const account = useQuery(accountQuery);
  if (account.data?.user.is_admin === false) {
    return <Empty title={words.noPermission.title} text={words.deliveries.adminsOnly} />;
  }
  return (
    <>
      <title>{`${words.deliveries.title} · ${words.brand}`}</title>
      <PageTitle aside={<StateFilter state={state} />}>{words.deliveries.title}</PageTitle>
      <p className="-mt-3 mb-4 text-sm text-soft">{words.deliveries.lead}</p>
      <DeliveryList state={state} />
      <DeadLetters />
    </>
  );
}

function StateFilter({ state }: { state: string }) {
  const navigate = useNavigate();
  return (
    <select
      aria-label={words.deliveries.state}
      value={state}
      onChange={(event) =>
        void navigate({ to: '/-/deliveries', search: { state: event.target.value || undefined }, replace: true })
      }
      className="rounded-md border border-line bg-panel px-2.5 py-1.5 text-sm"
    >
      <option value="">{words.deliveries.anyState}</option>
      {Object.entries(words.deliveries.states).map(([value, word]) => (
        <option key={value} value={value}>
          {word}
        </option>
      ))}
    </select>
  );
}

function DeliveryList({ state }: { state: string }) {
  const deliveries = useInfiniteQuery(deliveriesQuery(state));
  const rows = deliveries.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Panel className="overflow-x-auto">
        {deliveries.isPending ? <Skeleton /> : null}
        {deliveries.isError && rows.length === 0 ? (
          <LoadProblem error={deliveries.error} again={() => void deliveries.refetch()} />
        ) : null}
        {deliveries.isSuccess && rows.length === 0 ? (
          <Empty
            title={state ? words.deliveries.emptyFilter : words.deliveries.empty}
            text={state ? '' : words.deliveries.emptyText}
          />
        ) : null}
        {rows.length > 0 ? <DeliveryTable rows={rows} /> : null}
      </Panel>
      {deliveries.hasNextPage ? (
        <Button className="mt-3" onClick={() => void deliveries.fetchNextPage()}>
          {words.more}
        </Button>
      ) : null}
    </>
  );
}

function DeliveryTable({ rows }: { rows: ApiDelivery[] }) {
  const { columns } = words.deliveries;
  return (
    <table className="stacking w-full text-left text-sm">
      <thead className="border-b border-line text-xs text-soft">
        <tr>
          <th className="px-4 py-2 font-medium">{columns.state}</th>
          <th className="px-2 py-2 font-medium">{columns.event}</th>
          <th className="px-2 py-2 font-medium">{columns.became}</th>
          <th className="px-4 py-2 text-right font-medium">{columns.when}</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {rows.map((delivery) => (
          <DeliveryRow key={delivery.id} delivery={delivery} />
        ))}
      </tbody>
    </table>
  );
}

function DeliveryRow({ delivery }: { delivery: ApiDelivery }) {
  return (
    <tr className="align-top">
      <td className="px-4 py-3 whitespace-nowrap">
        {words.deliveries.states[delivery.state] ?? delivery.state}
        {delivery.attempts > 1 ? (
          <div className="text-xs text-soft">{words.deliveries.attempts(delivery.attempts)}</div>
        ) : null}
      </td>
      <td className="px-2 py-3">
        <div className="font-medium">{delivery.event}</div>
        <div className="max-w-60 truncate text-xs text-soft">{delivery.project?.path_with_namespace ?? ''}</div>
        <code className="font-mono text-[11px] text-soft">{delivery.guid}</code>
      </td>
      <td className="max-w-md px-2 py-3">
        {delivery.pipelines.map((pipeline) => (
          <span key={pipeline.id} className="mr-3 inline-flex items-center gap-2">
            <PipelineLink path={pipeline.web_path} id={pipeline.id} />
            <StatusBadge status={pipeline.status} />
          </span>
        ))}
        <span className={delivery.state === 'dead' ? 'text-bad' : ''}>{delivery.sentence}</span>
        {delivery.reason ? <code className="ml-2 font-mono text-xs text-soft">{delivery.reason}</code> : null}
      </td>
      <td className="px-4 py-3 text-right whitespace-nowrap text-soft">
        <When at={delivery.received_at} />
        {delivery.recovered ? <div className="text-xs">{words.deliveries.recovered}</div> : null}
      </td>
    </tr>
  );
}

function PipelineLink({ path, id }: { path: string; id: number }) {
  const [owner = '', repo = ''] = path.split('/').filter(Boolean);
  return (
    <Link
      to="/$owner/$repo/-/pipelines/$pipelineId"
      params={{ owner, repo, pipelineId: String(id) }}
      className="font-medium underline underline-offset-2"
    >
      {words.pipeline.title(id)}
    </Link>
  );
}
