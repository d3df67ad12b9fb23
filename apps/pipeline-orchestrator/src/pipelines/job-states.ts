import type { JobState, JobStatus, PipelineGraph, PipelineState } from '@crosstie/pipeline';

/** A job's latest try as the statements give it. */
export interface JobRow {
  readonly id: number;
  readonly index: number;
  readonly status: string;
  /** `exit code/try/past/may fail/reason` of a failed one, `due` of a scheduled one, else nothing. */
  readonly detail: string;
}

/** The jobs of a pipeline as its state machine knows them, and their ids, by their index in the graph. */
export function statesOf(graph: PipelineGraph, rows: readonly JobRow[]): { state: PipelineState; jobIds: number[] } {
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  return {
    jobIds: graph.jobs.map((_, index) => byIndex.get(index)?.id ?? 0),
    state: graph.jobs.map((_, index) => stateOf(byIndex.get(index))),
  };
}

function stateOf(row: JobRow | undefined): JobState {
  const status = (row?.status ?? 'created') as JobStatus;
  if (!row?.detail) return { status, exitCode: null };
  if (status === 'scheduled') return { status, exitCode: null, isDue: row.detail === 'due' };
  const [exitCode = '', tries, isOld, isForgiven, ...reason] = row.detail.split('/');
  return {
    status,
    exitCode: exitCode === '' ? null : Number(exitCode),
    tries: Number(tries),
    isOld: isOld === '1',
    isForgiven: isForgiven === '1',
    failureReason: reason.join('/') || null,
  };
}
