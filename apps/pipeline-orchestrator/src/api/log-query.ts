import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

const windowBytesMax = 1024 * 1024;

/** Which window of a log, in bytes. */
export class LogQuery {
  @Transform(({ value }) => Number(value))
  @IsInt()
  @Min(0)
  offset: number = 0;

  @Transform(({ value }) => Number(value))
  @IsInt()
  @Min(16)
  @Max(windowBytesMax)
  limit: number = 64 * 1024;
}
