import { asBoolean } from '@crosstie/platform';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';

/** Longer texts are compiled in a thread of their own when they are pushed; a lint answers at once. */
const contentMax = 64 * 1024;

export class LintBody {
  @IsString()
  @MaxLength(contentMax, { message: `content is longer than ${contentMax} characters` })
  content: string;

  @IsOptional() @Transform(({ value }) => asBoolean(value)) @IsBoolean() dry_run?: boolean;
  @IsOptional() @Transform(({ value }) => asBoolean(value)) @IsBoolean() include_jobs?: boolean;
  /** Empty means none. */
  @IsOptional() @IsString() @MaxLength(1024) ref?: string;
}
