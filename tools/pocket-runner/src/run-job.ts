import { join, resolve, sep } from 'node:path';
import { makeJobEnvironment, type JobPlaces } from './job-environment.js';
import { JobLog } from './job-log.js';
import type { JobPayload } from './job-payload.js';
import { type JobEnd, JobReport, type ReportTiming } from './job-report.js';
import { JobRun } from './job-run.js';
import { LogMasker } from './log-masker.js';
import type { RunnerClient } from './runner-client.js';

const LOG_BYTES_MAX = 4 * 1024 * 1024;
const TIMEOUT_SECONDS = 7200;

export interface JobSetting {
  client: RunnerClient;
  info: unknown;
  timing: ReportTiming;
  buildsDir: string;
  shortToken: string;
  /** The lowest number that no other job of the project uses on this runner. */
  concurrentId: number;
  graceMs: number;
  interrupt: AbortSignal;
  vanish: AbortSignal;
}

/** What became of a job: as the runner saw it, whatever the server made of it. */
export type JobOutcome = JobEnd | { state: 'dropped' };

/** Acknowledges, runs and reports one job; never throws for what the job does. */
export async function runJob(job: JobPayload, setting: JobSetting): Promise<JobOutcome> {
  const places = placesOf(job, setting);
  const environment = await makeJobEnvironment(job, places, ownVariables(job, places, setting));
  const masker = new LogMasker(environment.secrets, job.features?.token_mask_prefixes ?? []);
  const log = new JobLog(masker, LOG_BYTES_MAX);
  const hard = new AbortController();
  const graceful = new AbortController();
  const events = { onCanceling: () => graceful.abort(), onAbort: () => hard.abort('aborted') };
  const report = new JobReport(setting.client, job, setting.info, log, setting.timing, events);
  const signals = { hard: hard.signal, graceful: graceful.signal };
  const run = new JobRun(job, places, environment, log, setting.client, signals, setting.graceMs);

  const timeoutMs = (job.runner_info?.timeout || TIMEOUT_SECONDS) * 1000;
  const timer = setTimeout(() => hard.abort('timeout'), timeoutMs);
  const interrupted = () => hard.abort('interrupted');
  const vanished = () => (report.vanish(), hard.abort('vanished'));
  setting.interrupt.addEventListener('abort', interrupted);
  setting.vanish.addEventListener('abort', vanished);
  try {
    if (!(await report.acknowledge())) return { state: 'dropped' };
    report.start();
    log.writeLine('Running with pocket-runner');
    const end = graceful.signal.aborted ? canceled() : await run.run();
    const told = reported(end, job, graceful.signal, hard.signal);
    if (hard.signal.reason === 'timeout')
      log.writeLine(`ERROR: Job failed: execution took longer than ${timeoutMs} ms`);
    log.end();
    if (hard.signal.reason === 'vanished') return { state: 'dropped' };
    await report.finish(told);
    return told;
  } finally {
    clearTimeout(timer);
    setting.interrupt.removeEventListener('abort', interrupted);
    setting.vanish.removeEventListener('abort', vanished);
    await run.cleanUp();
  }
}

function canceled(): JobEnd {
  return { state: 'failed', failureReason: 'job_canceled', exitCode: 0 };
}

/** The end in the words that this server understands. */
function reported(end: JobEnd, job: JobPayload, graceful: AbortSignal, hard: AbortSignal): JobEnd {
  if (hard.reason === 'timeout') return { state: 'failed', failureReason: 'job_execution_timeout', exitCode: 0 };
  const understood = (reason: string) =>
    (job.features?.failure_reasons ?? []).includes(reason) ? reason : 'unknown_failure';
  if (hard.reason === 'interrupted') {
    return { state: 'failed', failureReason: understood('runner_interrupted'), exitCode: 0 };
  }
  if (graceful.aborted) return { ...canceled(), failureReason: understood('job_canceled') } as JobEnd;
  return end;
}

function placesOf(job: JobPayload, setting: JobSetting): JobPlaces {
  const root = resolve(setting.buildsDir, setting.shortToken, String(setting.concurrentId));
  const repository = new URL(job.git_info.repo_url).pathname.replace(/\.git$/, '');
  const projectDir = resolve(root, `.${decodeURIComponent(repository)}`);
  if (!projectDir.startsWith(root + sep)) throw new Error('the path of repo_url leads out of the builds directory');
  const suffix = job.variables.find(({ key }) => key === 'GIT_STRATEGY')?.value === 'empty' ? '-empty' : '';
  return {
    buildsDir: resolve(setting.buildsDir),
    projectDir: projectDir + suffix,
    tempDir: `${projectDir}.tmp`,
    cacheDir: resolve(setting.buildsDir, 'cache', `project-${job.job_info?.project_id ?? 0}`),
  };
}

function ownVariables(job: JobPayload, places: JobPlaces, setting: JobSetting): Record<string, string> {
  return {
    CI_SERVER: 'yes',
    CI_JOB_STATUS: 'running',
    CI_JOB_TIMEOUT: String(job.runner_info?.timeout || TIMEOUT_SECONDS),
    CI_BUILDS_DIR: places.buildsDir,
    CI_PROJECT_DIR: places.projectDir,
    CI_CONCURRENT_ID: String(setting.concurrentId),
    CI_CONCURRENT_PROJECT_ID: String(setting.concurrentId),
    CI_RUNNER_SHORT_TOKEN: setting.shortToken,
    CI_SHARED_ENVIRONMENT: 'true',
    CI_RUNNER_VERSION: '0.1.0',
    RUNNER_TEMP_PROJECT_DIR: join(places.tempDir),
  };
}
