import { type ScriptedJob, ScriptedRunner, until } from '@crosstie/testkit';

import { ciPath, type PipelineRow, type PushingStage, startPushingStage } from './pushing-stage.js';

/** What a runner is given, as far as these scenarios look. */
export interface TakenJob extends ScriptedJob {
  job_info: { name: string };
  variables: { key: string; value: string; masked: boolean }[];
}

/** A pushing stage with one runner whose every call the scenario makes. */
export interface RunningStage extends PushingStage {
  readonly runner: ScriptedRunner;
  /** Where `newPipeline` pushes to. */
  branch: string;
  /** For each scenario, so that no pipeline of an earlier one is ended by its pushes. */
  changeBranch(): void;
  /** @returns the id of the pipeline of a CI file with these lines, pushed to `branch` */
  newPipeline(...lines: string[]): Promise<number>;
  /** The path of something of the project in GitLab's API. */
  apiPath(path: string): string;
  /** The status of each job's latest try. */
  statuses(pipelineId: number): Promise<Record<string, string>>;
  /** The latest try of a job; 0 when there is none. */
  jobId(pipelineId: number, name: string): Promise<number>;
  becomes(pipelineId: number, status: string): Promise<PipelineRow>;
  jobsBecome(pipelineId: number, expected: Record<string, string>): Promise<unknown>;
  take(): Promise<TakenJob>;
  /** Takes the next job and ends it so. */
  runNext(end?: Record<string, unknown>): Promise<TakenJob>;
}

/** How a runner tells of a script that failed, or of another failure. */
export const failure = (failure_reason = 'script_failure', exit_code = 1) => ({
  state: 'failed',
  failure_reason,
  exit_code,
});

export async function startRunningStage(): Promise<RunningStage> {
  const stage = await startPushingStage();
  const runner = new ScriptedRunner(stage.url, await stage.runnerToken());
  let branches = 0;
  const latest = async (pipelineId: number) => (await stage.jobs(pipelineId)).filter((job) => !job.retried);
  const running: RunningStage = {
    ...stage,
    runner,
    branch: 'b0',
    changeBranch() {
      branches += 1;
      running.branch = `b${branches}`;
    },
    async newPipeline(...lines) {
      const sha = await stage.push({ [ciPath]: lines.join('\n') }, { branch: running.branch });
      return (await stage.pipelineOf(sha)).id;
    },
    apiPath: (path) => `/api/v4/projects/${stage.projectId}/${path}`,
    statuses: async (pipelineId) => Object.fromEntries((await latest(pipelineId)).map((job) => [job.name, job.status])),
    jobId: async (pipelineId, name) => (await latest(pipelineId)).find((job) => job.name === name)?.id ?? 0,
    becomes: (pipelineId, status) =>
      until(async () => {
        const [row] = await stage.rows<PipelineRow>('SELECT * FROM pipeline WHERE id = $1', pipelineId);
        return row?.status === status && row;
      }, `pipeline ${pipelineId} to be ${status}`),
    jobsBecome: (pipelineId, expected) =>
      until(
        async () => {
          const now = await running.statuses(pipelineId);
          return Object.entries(expected).every(([name, status]) => now[name] === status);
        },
        `jobs to be ${JSON.stringify(expected)}`,
      ),
    take: async () => (await runner.take()) as TakenJob,
    async runNext(end = { state: 'success' }) {
      const job = await running.take();
      await runner.update(job, { state: 'running' });
      await runner.update(job, end);
      return job;
    },
  };
  return running;
}
