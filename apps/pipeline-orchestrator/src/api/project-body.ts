import { IsIn, IsOptional } from 'class-validator';

/** The settings of a project that can be changed; those of the repository are GitHub's. */
export class ProjectBody {
  @IsOptional()
  @IsIn(['enabled', 'disabled'], { message: 'auto_cancel_pending_pipelines is enabled or disabled' })
  auto_cancel_pending_pipelines?: 'enabled' | 'disabled';
}
