import { PageQuery } from '@crosstie/platform';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

/** The filters of the list of deliveries. */
export class DeliveryQuery extends PageQuery {
  @IsOptional() @IsIn(['received', 'waiting', 'done', 'dead', '']) state?: string;
  @IsOptional() @IsString() @MaxLength(64) event?: string;
  @IsOptional() @IsString() @MaxLength(64) reason?: string;
}
