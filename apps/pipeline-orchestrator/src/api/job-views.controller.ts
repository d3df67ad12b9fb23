import { Access, type Actor, CurrentActor, levelName, RequireScope } from '@crosstie/access';
import { Database, Job, Lane, laneRunners, Project } from '@crosstie/domain';
import { Clock, Etag, NotFound, RecordId } from '@crosstie/platform';
import { Controller, Get, Inject, Param, Query, UseInterceptors } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { moment } from './api-pipeline.js';
import { StoredJobs } from '../definitions/stored-jobs.js';
import { explainJob, isStuck, type Waited } from './job-sentences.js';
import { LogQuery } from './log-query.js';
import { type ActionState, cancelJobState, playJobState, retryJobState } from './permitted-actions.js';
import { TraceReader } from '../logs/trace-reader.js';
import { Viewers } from './viewer.js';

/** What GitLab's API has no word for about one job, for one viewer. */
export interface JobView {
  id: number;
  project_id: number;
  pipeline_id: number;
  exit_code: number | null;
  explanation: string | null;
  /** It waits, and no runner is there that could take it. */
  stuck: boolean;
  attempts: { id: number; status: string; created_at: string }[];
  trace_size: number;
  may_read_log: ActionState;
  /** When a delayed job starts. */
  scheduled_at: string | null;
  /** What to ask a person before they start it. */
  confirmation: string | null;
  actions: { retry: ActionState; cancel: ActionState; play: ActionState };
}

/** A window of a log. */
export interface LogWindow {
  offset: number;
  /** Where the next window begins. */
  next_offset: number;
  size: number;
  text: string;
}

const readsLogs = 20;
/** A runner that was silent for longer counts as offline, in GitLab as well. */
const onlineMs = 2 * 3_600_000;
const jobId = new RecordId('Job');

@Controller('api/crosstie/v1/jobs')
@UseInterceptors(Etag)
export class JobViewsController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Viewers) private readonly viewers: Viewers,
    @Inject(TraceReader) private readonly traces: TraceReader,
    @Inject(StoredJobs) private readonly stored: StoredJobs,
    @Inject(Database) private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Get(':id')
  @RequireScope('read_api')
  async get(@CurrentActor() actor: Actor, @Param('id', jobId) id: number): Promise<JobView> {
    const job = await this.visible(actor, id);
    const project = await this.dataSource.getRepository(Project).findOneBy({ id: job.projectId });
    if (!project) throw new NotFound('Job');
    const viewer = await this.viewers.of(actor, project);
    const waited = job.status === 'pending' ? await this.waited(job) : null;
    return {
      id: job.id,
      project_id: job.projectId,
      pipeline_id: job.pipelineId,
      exit_code: job.exitCode,
      explanation: explainJob(job, waited),
      stuck: isStuck(waited),
      attempts: await this.attempts(job),
      trace_size: await this.traces.size(job.id),
      may_read_log: {
        allowed: viewer.readsLogs,
        reason: viewer.readsLogs ? null : `Logs are shown from the role ${levelName(readsLogs)} on.`,
      },
      confirmation: job.status === 'manual' ? ((await this.stored.of(job))?.manual_confirmation ?? null) : null,
      scheduled_at: job.status === 'scheduled' ? moment(job.scheduledAt) : null,
      actions: {
        retry: retryJobState(viewer, job),
        cancel: cancelJobState(viewer, job),
        play: playJobState(viewer, job),
      },
    };
  }

  /** Text is cut at bytes; what is not whole UTF-8 at the end comes with the next window. */
  @Get(':id/log')
  @RequireScope('read_api')
  async log(
    @CurrentActor() actor: Actor,
    @Param('id', jobId) id: number,
    @Query() { offset, limit }: LogQuery,
  ): Promise<LogWindow> {
    const job = await this.visible(actor, id);
    await this.access.require(actor, readsLogs, job.projectId);
    const size = await this.traces.size(id);
    const pieces: Buffer[] = [];
    const last = Math.min(size, offset + limit) - 1;
    for await (const piece of this.traces.read(id, offset, last)) pieces.push(piece);
    const bytes = wholeCharacters(Buffer.concat(pieces), last === size - 1);
    return { offset, next_offset: offset + bytes.length, size, text: bytes.toString('utf8') };
  }

  private async visible(actor: Actor, id: number): Promise<Job> {
    const job = await this.dataSource.getRepository(Job).findOneBy({ id });
    if (!job || !(await this.access.allows(actor.userId, 10, job.projectId))) throw new NotFound('Job');
    return job;
  }

  private async waited({ laneId }: Job): Promise<Waited | null> {
    if (laneId === null) return null;
    const lane = await this.dataSource.getRepository(Lane).findOneBy({ id: laneId });
    const runners = await this.database.first(laneRunners, laneId, new Date(this.clock.ms() - onlineMs));
    return lane && runners ? { tags: lane.tags, runners } : null;
  }

  private async attempts({ pipelineId, attempt, index }: Job): Promise<JobView['attempts']> {
    const rows = await this.dataSource
      .getRepository(Job)
      .find({ where: { pipelineId, attempt, index }, order: { id: 'DESC' }, take: 50 });
    return rows.map((row) => ({ id: row.id, status: row.status, created_at: row.createdAt.toISOString() }));
  }
}

/** Without the beginning of a character whose end is not there. */
function wholeCharacters(bytes: Buffer, isEnd: boolean): Buffer {
  if (isEnd) return bytes;
  let lead = bytes.length - 1;
  while (lead > 0 && lead > bytes.length - 4 && ((bytes[lead] ?? 0) & 0xc0) === 0x80) lead -= 1;
  const first = bytes[lead] ?? 0;
  const needed = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return lead + needed > bytes.length ? bytes.subarray(0, lead) : bytes;
}
