import { PageQuery } from '@crosstie/platform';
import { IsOptional, IsString, MaxLength } from 'class-validator';

export class EnvironmentQuery extends PageQuery {
  /** The one of this name. */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  name?: string;
}
