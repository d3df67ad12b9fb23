import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

import { PageQuery } from './page-query.js';

/** The filters of the list of deliveries. */
export class DeliveryQuery extends PageQuery {
  @IsOptional() @IsIn(['received', 'waiting', 'done', 'dead', '']) state?: string;
  @IsOptional() @IsString() @MaxLength(64) event?: string;
  @IsOptional() @IsString() @MaxLength(64) reason?: string;
}
