import { Access, Actors, type Level, type Scope, scopeCovers } from '@crosstie/access';
import { Forbidden, InsufficientScope } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { JobAuth } from '../handouts/job-auth.js';

/** What an address under a project's artifacts takes as proof; its handler asks `ArchiveCallers`. */
export const archiveCredential = 'a person, or the token of a job of the project that runs';

/** Who asks for the files of a project: people, and the project's own jobs while they run. */
@Injectable()
export class ArchiveCallers {
  constructor(
    private readonly actors: Actors,
    private readonly access: Access,
    private readonly jobs: JobAuth,
  ) {}

  /**
   * The project that an address names, if the caller may do there what a person of that level may. A job's token
   * reads, as `JOB-TOKEN` or `job_token`. Throws a Problem: not seen, role too low, scope, no credential.
   *
   * @param scope `read_api` for reading; a job's token does nothing else
   */
  async project(request: FastifyRequest, ref: string, level: Level, scope: Scope): Promise<CallersProject> {
    const token = jobTokenOf(request);
    if (token !== null) return this.projectOfJob(request, ref, token, scope);
    const actor = await this.actors.of(request);
    if (!scopeCovers(actor.scopes, scope)) throw new InsufficientScope(scope);
    const id = await this.access.projectId(ref);
    await this.access.require(actor, level, id);
    return { id, requireLevel: (more) => this.access.require(actor, more, id), userId: actor.userId };
  }

  private async projectOfJob(request: FastifyRequest, ref: string, token: string, scope: Scope) {
    const job = await this.jobs.requireLive(request, this.jobs.credential(request, token));
    const id = await this.access.projectId(ref);
    if (job.project_id !== id) throw new Forbidden("A job's token reaches its own project alone.");
    if (scope !== 'read_api') throw new Forbidden("A job's token reads artifacts and changes none here.");
    return { id, requireLevel: () => Promise.resolve(), userId: null };
  }
}

export interface CallersProject {
  readonly id: number;
  /** Throws Forbidden for a person below this level; a job of the project is let through. */
  requireLevel(level: Level): Promise<void>;
  readonly userId: number | null;
}

function jobTokenOf({ headers, query }: FastifyRequest): string | null {
  const header = headers['job-token'];
  if (typeof header === 'string' && header !== '') return header;
  const given = (query as Record<string, unknown> | undefined)?.['job_token'];
  return typeof given === 'string' && given !== '' ? given : null;
}
