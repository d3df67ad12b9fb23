import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, Matches, Min } from 'class-validator';

/** What a listener wants besides what happens in the projects that it sees. */
export class StreamQuery {
  /** `trace:17,trace:18`: the growth of these jobs' logs. */
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' ? value.split(',').filter(Boolean) : value))
  @IsArray()
  @ArrayMaxSize(20)
  @Matches(/^trace:[1-9]\d{0,14}$/, { each: true })
  topics: string[] = [];

  /** Where a listener goes on that opens a stream anew; a browser that reconnects sends it as a header. */
  @IsOptional()
  @Transform(({ value }) => Number(value))
  @IsInt()
  @Min(0)
  last_event_id?: number;

  jobIds(): number[] {
    return this.topics.map((topic) => Number(topic.slice('trace:'.length)));
  }
}
