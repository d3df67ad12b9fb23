import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import type {
  ApiDeadLetter,
  ApiDelivery,
  ApiEntries,
  ApiFiles,
  ApiJob,
  ApiJobView,
  ApiPipeline,
  ApiPipelineDetail,
  ApiPipelineView,
  ApiProject,
  ApiRunner,
  ApiRunnerDetails,
  ApiRunnerJob,
  ApiWaitingPush,
} from './answers.js';
import { getJson, getPage, type Page } from './request.js';

/** Filters of the list of pipelines; each is part of the page's address. */
export interface PipelineFilter {
  readonly status?: string;
  readonly ref?: string;
  readonly username?: string;
}

const next = <T>(page: Page<T>) => page.nextPage ?? undefined;

function search(values: Record<string, string | number | undefined>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
}

/** Every project this person may see. */
export const projectsQuery = (text: string) =>
  infiniteQueryOptions({
    queryKey: ['projects', text],
    queryFn: ({ pageParam }) =>
      getPage<ApiProject>(`/api/v4/projects?${search({ search: text, per_page: 50, page: pageParam })}`),
    initialPageParam: 1,
    getNextPageParam: next,
  });

export const projectQuery = (path: string) =>
  queryOptions({
    queryKey: ['project', path.toLowerCase()],
    queryFn: () => getJson<ApiProject>(`/api/v4/projects/${encodeURIComponent(path)}`),
    staleTime: 60_000,
  });

export const pipelinesQuery = (projectId: number, filter: PipelineFilter) =>
  infiniteQueryOptions({
    queryKey: ['pipelines', projectId, filter],
    queryFn: ({ pageParam }) =>
      getPage<ApiPipeline>(
        `/api/v4/projects/${projectId}/pipelines?${search({ ...filter, per_page: 30, page: pageParam })}`,
      ),
    initialPageParam: 1,
    getNextPageParam: next,
  });

/** Pushes that wait and have no pipeline yet. No event says so: asked for now and then, and often while one waits. */
export const waitingPushesQuery = (projectId: number) =>
  queryOptions({
    queryKey: ['waiting-pushes', projectId],
    queryFn: () => getJson<ApiWaitingPush[]>(`/api/crosstie/v1/projects/${projectId}/waiting`),
    refetchInterval: ({ state: { data } }) => (data?.length ? 2000 : 15_000),
  });

export const pipelineQuery = (projectId: number, id: number) =>
  queryOptions({
    queryKey: ['pipeline', id, 'detail'],
    queryFn: () => getJson<ApiPipelineDetail>(`/api/v4/projects/${projectId}/pipelines/${id}`),
  });

export const pipelineViewQuery = (id: number) =>
  queryOptions({
    queryKey: ['pipeline', id, 'view'],
    queryFn: () => getJson<ApiPipelineView>(`/api/crosstie/v1/pipelines/${id}`),
    // No event says that GitHub has taken a status; asked for only while one is on its way.
    refetchInterval: ({ state }) =>
      state.data?.verdict && state.data.verdict.sent !== state.data.verdict.wanted ? 3000 : false,
  });

export const pipelineJobsQuery = (projectId: number, id: number) =>
  queryOptions({
    queryKey: ['pipeline', id, 'jobs'],
    queryFn: () => everyPage<ApiJob>(`/api/v4/projects/${projectId}/pipelines/${id}/jobs?per_page=100`),
  });

export const jobQuery = (projectId: number, id: number) =>
  queryOptions({
    queryKey: ['job', id, 'detail'],
    queryFn: () => getJson<ApiJob>(`/api/v4/projects/${projectId}/jobs/${id}`),
  });

export const jobViewQuery = (id: number) =>
  queryOptions({
    queryKey: ['job', id, 'view'],
    queryFn: () => getJson<ApiJobView>(`/api/crosstie/v1/jobs/${id}`),
  });

export const jobFilesQuery = (id: number) =>
  queryOptions({
    queryKey: ['job', id, 'files'],
    queryFn: () => getJson<ApiFiles>(`/api/crosstie/v1/jobs/${id}/artifacts`),
  });

/** A folder of a job's archive; its pages one after the other. */
export const jobEntriesQuery = (id: number, path: string) =>
  infiniteQueryOptions({
    queryKey: ['job', id, 'entries', path],
    queryFn: ({ pageParam }) =>
      getJson<ApiEntries>(`/api/crosstie/v1/jobs/${id}/artifacts/entries?${search({ path, page: pageParam })}`),
    initialPageParam: 1,
    getNextPageParam: (page: ApiEntries) => page.next_page ?? undefined,
  });

/** The runners that jobs of one project may go to; for its maintainers. */
export const projectRunnersQuery = (projectId: number) =>
  queryOptions({
    queryKey: ['runners', 'project', projectId],
    queryFn: () => everyPage<ApiRunner>(`/api/v4/projects/${projectId}/runners?per_page=100`),
    refetchInterval: 10_000,
  });

/** The runners of one owner on GitHub and of its projects; for administrators. */
export const ownerRunnersQuery = (owner: string) =>
  queryOptions({
    queryKey: ['runners', 'owner', owner],
    queryFn: () => everyPage<ApiRunner>(`/api/v4/groups/${encodeURIComponent(owner)}/runners?per_page=100`),
    refetchInterval: 10_000,
  });

export const runnerQuery = (id: number) =>
  queryOptions({
    queryKey: ['runners', id, 'details'],
    queryFn: () => getJson<ApiRunnerDetails>(`/api/v4/runners/${id}`),
    refetchInterval: 10_000,
  });

export const runnerJobsQuery = (id: number) =>
  infiniteQueryOptions({
    queryKey: ['runners', id, 'jobs'],
    queryFn: ({ pageParam }) =>
      getPage<ApiRunnerJob>(`/api/v4/runners/${id}/jobs?${search({ per_page: 30, page: pageParam, sort: 'desc' })}`),
    initialPageParam: 1,
    getNextPageParam: next,
    refetchInterval: 10_000,
  });

export const runnersQuery = (isAdmin: boolean) =>
  queryOptions({
    queryKey: ['runners'],
    queryFn: () => everyPage<ApiRunner>(`/api/v4/runners${isAdmin ? '/all' : ''}?per_page=100`),
    // A runner that asks for work makes no event.
    refetchInterval: 10_000,
  });

export const deliveriesQuery = (state: string) =>
  infiniteQueryOptions({
    queryKey: ['deliveries', state],
    queryFn: ({ pageParam }) =>
      getPage<ApiDelivery>(`/api/crosstie/v1/deliveries?${search({ state, per_page: 50, page: pageParam })}`),
    // No event says that a delivery was settled; asked for only while one on the page is open.
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.items.some((item) => item.state === 'received' || item.state === 'waiting'))
        ? 2000
        : false,
    initialPageParam: 1,
    getNextPageParam: next,
  });

export const deadLettersQuery = queryOptions({
  queryKey: ['dead-letters'],
  queryFn: () => everyPage<ApiDeadLetter>('/api/crosstie/v1/dead-letters?per_page=100'),
});

async function everyPage<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  for (let page: number | null = 1; page !== null;) {
    const answer: Page<T> = await getPage<T>(`${path}&page=${page}`);
    items.push(...answer.items);
    page = answer.nextPage;
  }
  return items;
}
