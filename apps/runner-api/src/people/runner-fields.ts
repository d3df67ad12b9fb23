import { asBoolean, PageQuery } from '@crosstie/platform';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

const tagsMax = 50;

/** `a, b`, `["a", "b"]` or a repeated `tag_list[]`, as sorted tags without doubles. */
function asTags(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  const parts: unknown[] = Array.isArray(value) ? value : [value];
  if (!parts.every((part) => typeof part === 'string')) return value;
  const tags = parts.flatMap((part) => part.split(',')).map((tag) => tag.trim());
  return [...new Set(tags.filter(Boolean))].sort().slice(0, tagsMax + 1);
}

function asNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

/** What can be changed about a runner. */
export class RunnerFields {
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  description?: string;

  @IsOptional()
  @IsString()
  @MaxLength(1024)
  maintenance_note?: string;

  @Transform(({ value }) => asTags(value))
  @IsOptional()
  @IsString({ each: true })
  // No space at either end, nothing that the list of a lane could be confused by.
  @Matches(/^[^\s,](?:[^,\p{Cc}]{0,253}[^\s,])?$/u, { each: true })
  tag_list?: string[];

  @Transform(({ value }) => asBoolean(value))
  @IsOptional()
  @IsBoolean()
  run_untagged?: boolean;

  @Transform(({ value }) => asBoolean(value))
  @IsOptional()
  @IsBoolean()
  locked?: boolean;

  @Transform(({ value }) => asBoolean(value))
  @IsOptional()
  @IsBoolean()
  paused?: boolean;

  @IsOptional()
  @IsIn(['not_protected', 'ref_protected'])
  access_level?: 'not_protected' | 'ref_protected';

  @Transform(({ value }) => asNumber(value))
  @IsOptional()
  @IsInt()
  @Min(600)
  @Max(10 * 365 * 86_400)
  maximum_timeout?: number | null;
}

/** A runner to be made. */
export class NewRunner extends RunnerFields {
  @IsIn(['instance_type', 'group_type', 'project_type'])
  runner_type: 'instance_type' | 'group_type' | 'project_type';

  @Transform(({ value }) => asNumber(value))
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  project_id?: number;

  @Transform(({ value }) => asNumber(value))
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  group_id?: number;
}

/** Which runners of a list. */
export class RunnerQuery extends PageQuery {
  @IsOptional()
  @IsIn(['instance_type', 'group_type', 'project_type'])
  type?: string;

  @IsOptional()
  @IsIn(['online', 'offline', 'stale', 'never_contacted'])
  status?: string;

  @Transform(({ value }) => asBoolean(value))
  @IsOptional()
  @IsBoolean()
  paused?: boolean;

  @Transform(({ value }) => asTags(value))
  @IsOptional()
  @IsString({ each: true })
  tag_list?: string[];
}

/** A runner of another project that this one shall use. */
export class SharedRunner {
  @Transform(({ value }) => asNumber(value))
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  runner_id: number;
}

/** Which of a runner's jobs. */
export class RunnerJobQuery extends PageQuery {
  @IsOptional()
  @IsIn(['running', 'canceling', 'success', 'failed', 'canceled'])
  status?: string;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  system_id?: string;

  /** The newest come first, whatever is asked. */
  @IsOptional()
  @IsIn(['id'])
  order_by?: string;

  @IsOptional()
  @IsIn(['desc'])
  sort?: string;
}
