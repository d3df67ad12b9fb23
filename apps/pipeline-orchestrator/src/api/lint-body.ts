import { asBoolean } from '@crosstie/platform';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';

/** As much as one file may have. */
const contentMax = 1024 * 1024;
const refMax = 1024;

export class LintOptions {
  /** The jobs that a push would make; without it every job that is written. What is wrong is the same both ways. */
  @IsOptional() @Transform(({ value }) => asBoolean(value)) @IsBoolean() dry_run?: boolean;
  @IsOptional() @Transform(({ value }) => asBoolean(value)) @IsBoolean() include_jobs?: boolean;
  /** Empty means none. */
  @IsOptional() @IsString() @MaxLength(refMax) ref?: string;
}

export class LintBody extends LintOptions {
  @IsString()
  @MaxLength(contentMax, { message: `content is longer than ${contentMax} characters` })
  content: string;
}

export class LintQuery extends LintOptions {
  @IsOptional() @IsString() @MaxLength(refMax) content_ref?: string;
  @IsOptional() @IsString() @MaxLength(refMax) dry_run_ref?: string;
  /** The older name of `content_ref`. */
  @IsOptional() @IsString() @MaxLength(refMax) sha?: string;
}
