import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { CrosstieConfig, LimitRoute } from '@crosstie/platform';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';

import { ConfigLint } from '../config-lint.js';
import { type ApiLint, toApiLint } from './api-lint.js';
import { LintBody, LintOptions, LintQuery } from './lint-body.js';
import { ProjectId } from './project-id.pipe.js';

const runs = 30;
const mebibyte = 1024 * 1024;

@Controller('api/v4/projects/:id/ci/lint')
export class LintController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(ConfigLint) private readonly configs: ConfigLint,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  /** A text as the CI file of a push to a branch; what it includes is read as for a push. */
  // A text of 1 MiB with each end of line and quote escaped.
  @LimitRoute({ bodyBytesMax: 3 * mebibyte, inFlightBytesMax: 48 * mebibyte })
  @Post()
  @HttpCode(200)
  @RequireScope('api')
  async lint(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Body() body: LintBody,
  ): Promise<ApiLint> {
    await this.access.require(actor, runs, projectId);
    const request = { content: body.content, contentRef: null, ref: body.ref || null };
    return this.answer(actor, projectId, request, body);
  }

  /** The CI file that stands in the repository. */
  @Get()
  @RequireScope('read_api')
  async check(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Query() query: LintQuery,
  ): Promise<ApiLint> {
    await this.access.require(actor, runs, projectId);
    const contentRef = query.content_ref || query.sha || null;
    const request = { content: null, contentRef, ref: query.dry_run_ref || query.ref || null };
    return this.answer(actor, projectId, request, query);
  }

  private async answer(
    actor: Actor,
    projectId: number,
    request: Parameters<ConfigLint['lint']>[2],
    { include_jobs: withJobs, dry_run: asPush }: LintOptions,
  ): Promise<ApiLint> {
    const linted = await this.configs.lint(actor, projectId, request);
    const jobs = withJobs ? (asPush ? 'push' : 'written') : null;
    return toApiLint(linted, { jobs, githubUrl: this.config.github.webUrl });
  }
}
