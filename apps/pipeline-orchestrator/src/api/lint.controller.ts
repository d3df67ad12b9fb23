import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { compileForPipeline, type Finding } from '@crosstie/ci-config';
import { Project } from '@crosstie/domain';
import { carriedKeywords } from '@crosstie/pipeline';
import { NotFound } from '@crosstie/platform';
import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { LintBody } from './lint-body.js';
import { ProjectId } from './project-id.pipe.js';

/** What GitLab answers to a lint: always 200, whatever is wrong with the file. */
export interface ApiLint {
  valid: boolean;
  errors: string[];
  warnings: string[];
  merged_yaml: string | null;
  includes: never[];
  jobs?: ApiLintJob[];
}

export interface ApiLintJob {
  name: string;
  stage: string;
  before_script: string[];
  script: string[];
  after_script: string[];
  tag_list: string[];
  when: string;
  allow_failure: boolean;
  environment: string | null;
  needs: { name: string | undefined }[] | null;
}

const runs = 30;

@Controller('api/v4/projects/:id/ci/lint')
export class LintController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  /** Compiles a text as the CI file of a push to a branch. Other files of the repository are not read. */
  @Post()
  @HttpCode(200)
  @RequireScope('api')
  async lint(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Body() body: LintBody,
  ): Promise<ApiLint> {
    await this.access.require(actor, runs, projectId);
    const project = await this.dataSource.getRepository(Project).findOneBy({ id: projectId });
    if (!project) throw new NotFound('Project');
    const ref = body.ref || project.defaultBranch || 'main';
    const { answer, unsupported } = compileForPipeline(
      {
        files: { [project.configPath]: body.content },
        config_path: project.configPath,
        context: {
          source: 'push',
          ref,
          default_branch: project.defaultBranch ?? 'main',
          project_path: project.fullName,
        },
      },
      carriedKeywords,
    );
    return {
      valid: answer.valid && unsupported.length === 0,
      errors: [...new Set([...answer.errors, ...unsupported].map(sentence))],
      warnings: answer.warnings.map(sentence),
      merged_yaml: null,
      includes: [],
      ...(body.include_jobs
        ? {
            jobs: answer.jobs.map((job) => ({
              name: job.name,
              stage: job.stage,
              before_script: job.before_script,
              script: job.script,
              after_script: job.after_script,
              tag_list: job.tags,
              when: job.when,
              allow_failure: job.allow_failure === true,
              environment: null,
              needs: job.needs?.map((need) => ({ name: need.job })) ?? null,
            })),
          }
        : {}),
    };
  }
}

/** With its place, as GitLab's users look for it. */
function sentence({ message, line, path }: Finding): string {
  const place = [path, line === undefined ? '' : `line ${line}`].filter(Boolean).join(', ');
  return place ? `${message} (${place})` : message;
}
