import { IsOptional, IsString, MaxLength } from 'class-validator';

/** Of which branch the newest pipeline is wanted. */
export class LatestQuery {
  @IsOptional() @IsString() @MaxLength(1024) ref?: string;
}
