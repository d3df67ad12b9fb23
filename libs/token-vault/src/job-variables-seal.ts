import type { Keyring, RecordPlace, SealedValue } from './keyring.js';

/** A variable that a person gave to one job. */
export interface GivenVariable {
  readonly key: string;
  readonly value: string;
}

/** A job of a pipeline, whichever of its tries. */
export interface JobPlace {
  readonly pipelineId: number;
  readonly attempt: number;
  readonly index: number;
}

/** What a person gives to a job may be a secret, whatever they think of it: it is sealed, for this job alone. */
export function sealJobVariables(keyring: Keyring, job: JobPlace, variables: readonly GivenVariable[]): SealedValue {
  const list = variables.map(({ key, value }) => ({ key, value }));
  return keyring.seal('variables', placeOfJobVariables(job), JSON.stringify(list));
}

/** The variables of a job. Throws when the row was altered or is another job's. */
export function openJobVariables(keyring: Keyring, job: JobPlace, sealed: Buffer): GivenVariable[] {
  return JSON.parse(keyring.open('variables', placeOfJobVariables(job), sealed).reveal()) as GivenVariable[];
}

export function placeOfJobVariables({ pipelineId, attempt, index }: JobPlace): RecordPlace {
  return { table: 'job_variables', column: 'sealed', row: `${pipelineId}/${attempt}/${index}` };
}
