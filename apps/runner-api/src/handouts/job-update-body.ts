import { JOB_REASONS } from '@crosstie/pipeline';
import { BadRequest } from '@crosstie/platform';

import { asObject, readRunnerBody } from '../runners/runner-body.js';

export interface JobUpdate {
  token: string | null;
  state: 'running' | 'success' | 'failed';
  failureReason: string | null;
  exitCode: number | null;
  /** `crc32:` and eight hexadecimal digits, or empty. */
  checksum: string;
  /** How long the runner's log is; null where it does not say. */
  bytesize: number | null;
  /** Whether the runner would send the whole log again when it is told to. */
  canResend: boolean;
}

const known = new Set<string>(JOB_REASONS);

/** Throws BadRequest for a state that is none of the three. */
export function readJobUpdate(body: unknown): JobUpdate {
  const fields = asObject(body);
  const { token, info } = readRunnerBody(body);
  const state = fields['state'];
  if (state !== 'running' && state !== 'success' && state !== 'failed') {
    throw new BadRequest('state does not have a valid value');
  }
  const output = asObject(fields['output']);
  const checksum = output['checksum'] ?? fields['checksum'];
  return {
    token,
    state,
    failureReason: state === 'failed' ? reasonOf(fields['failure_reason']) : null,
    exitCode: state === 'failed' ? integer(fields['exit_code'], -(2 ** 31), 2 ** 31 - 1) : null,
    checksum: typeof checksum === 'string' && /^crc32:[0-9a-f]{8}$/i.test(checksum) ? checksum.toLowerCase() : '',
    bytesize: integer(output['bytesize'], 0, Number.MAX_SAFE_INTEGER),
    canResend: info.features.has('trace_reset'),
  };
}

// Runners may send words of their own: taken, and kept as unknown.
function reasonOf(given: unknown): string {
  return typeof given === 'string' && known.has(given) ? given : 'unknown_failure';
}

function integer(value: unknown, least: number, most: number): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : null;
}
