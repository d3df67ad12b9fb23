import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';

const variablesMax = 100;
/** As long as a runner takes one; longer ones are no variables of a process. */
const valueMax = 32_000;

class PlayVariable {
  @IsString()
  @MaxLength(255)
  @Matches(/^[A-Za-z_][A-Za-z0-9_]*$/, { message: 'key may hold letters, digits and _, and no digit first' })
  key: string;

  @IsString()
  @MaxLength(valueMax)
  value: string;
}

export class PlayBody {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(variablesMax)
  @ValidateNested({ each: true })
  @Type(() => PlayVariable)
  job_variables_attributes?: PlayVariable[];
}
