import { JOB_STATUSES } from '@crosstie/pipeline';
import { asBoolean, PageQuery } from '@crosstie/platform';
import { Transform } from 'class-transformer';
import { IsBoolean, IsDate, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

import { asMoment } from './query-values.js';

const columns = { id: 'id', status: 'status', ref: 'ref', updated_at: 'updatedAt', user_id: 'userId' } as const;
const scopes = {
  running: `pipeline.status = 'running'`,
  pending: `pipeline.status IN ('created', 'waiting_for_resource', 'preparing', 'pending')`,
  finished: `pipeline.status IN ('success', 'failed', 'canceled', 'skipped')`,
  branches: 'NOT pipeline.tag',
  tags: 'pipeline.tag',
} as const;

type Condition = [condition: string, values: Record<string, unknown>];

/** The filters of a list of pipelines. Columns and directions come from closed lists, values are bound. */
export class PipelineQuery extends PageQuery {
  @IsOptional() @IsIn(Object.keys(scopes)) scope?: keyof typeof scopes;
  @IsOptional() @IsIn([...JOB_STATUSES]) status?: string;
  @IsOptional() @IsString() @MaxLength(1024) ref?: string;
  @IsOptional() @IsString() @MaxLength(64) sha?: string;
  @IsOptional() @IsString() @MaxLength(64) source?: string;
  @IsOptional() @IsString() @MaxLength(255) name?: string;
  @IsOptional() @IsString() @MaxLength(255) username?: string;
  @IsOptional() @Transform(({ value }) => asBoolean(value)) @IsBoolean() yaml_errors?: boolean;
  @IsOptional() @Transform(({ value }) => asMoment(value)) @IsDate() updated_after?: Date;
  @IsOptional() @Transform(({ value }) => asMoment(value)) @IsDate() updated_before?: Date;
  @IsOptional() @Transform(({ value }) => asMoment(value)) @IsDate() created_after?: Date;
  @IsOptional() @Transform(({ value }) => asMoment(value)) @IsDate() created_before?: Date;
  @IsOptional() @IsIn(Object.keys(columns)) order_by: keyof typeof columns = 'id';
  @IsOptional() @IsIn(['asc', 'desc']) sort: 'asc' | 'desc' = 'desc';

  orderColumn(): (typeof columns)[keyof typeof columns] {
    return columns[this.order_by];
  }

  conditions(): Condition[] {
    const { scope, yaml_errors: yamlErrors } = this;
    const given: (Condition | null)[] = [
      scope === undefined ? null : [scopes[scope], {}],
      yamlErrors === undefined ? null : [`pipeline.yamlErrors IS ${yamlErrors ? 'NOT ' : ''}NULL`, {}],
      when(this.status, 'pipeline.status = :status', 'status'),
      when(this.ref, 'pipeline.ref = :ref', 'ref'),
      when(this.sha, 'pipeline.sha = :sha', 'sha'),
      when(this.source, 'pipeline.source = :source', 'source'),
      when(this.name, 'pipeline.name = :name', 'name'),
      when(this.username, byUsername, 'username'),
      when(this.updated_after, 'pipeline.updatedAt > :updatedAfter', 'updatedAfter'),
      when(this.updated_before, 'pipeline.updatedAt < :updatedBefore', 'updatedBefore'),
      when(this.created_after, 'pipeline.createdAt > :createdAfter', 'createdAfter'),
      when(this.created_before, 'pipeline.createdAt < :createdBefore', 'createdBefore'),
    ];
    return given.filter((condition) => condition !== null);
  }
}

/** Whose rights it uses, or, as people look for it too, who pushed. */
const byUsername = `(lower(pipeline.senderLogin) = lower(:username)
  OR EXISTS (SELECT 1 FROM user_account u WHERE u.id = pipeline.userId AND lower(u.username) = lower(:username)))`;

function when(value: unknown, condition: string, name: string): Condition | null {
  return value === undefined || value === '' ? null : [condition, { [name]: value }];
}
