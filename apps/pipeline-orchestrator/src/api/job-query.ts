import { JOB_STATUSES } from '@crosstie/pipeline';
import { asBoolean, PageQuery } from '@crosstie/platform';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsOptional } from 'class-validator';

import { asList } from './query-values.js';

/** The filters of a list of jobs: `scope` holds statuses. */
export class JobQuery extends PageQuery {
  @IsOptional()
  @Transform(({ value }) => asList(value))
  @IsArray()
  @ArrayMaxSize(20)
  @IsIn([...JOB_STATUSES], { each: true })
  scope?: string[];

  @IsOptional() @Transform(({ value }) => asBoolean(value)) @IsBoolean() include_retried?: boolean;
}
