import { JOB_REASONS } from '@crosstie/pipeline';
import { BadRequest } from '@crosstie/platform';

import { integerIn, objectIn, readRunnerBody, textIn } from '../runners/runner-body.js';

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
const wordCharactersMax = 255;

/** Throws BadRequest, with the name of the field, for a state that is none of the three and for other types. */
export function readJobUpdate(body: unknown): JobUpdate {
  const fields = objectIn({ body }, 'body');
  const { token, info } = readRunnerBody(body);
  const state = fields['state'];
  if (state !== 'running' && state !== 'success' && state !== 'failed') {
    throw new BadRequest('state does not have a valid value');
  }
  const output = objectIn(fields, 'output');
  const said = textIn(output, 'checksum', wordCharactersMax, 'output.');
  const checksum = said ?? textIn(fields, 'checksum', wordCharactersMax) ?? '';
  const reason = textIn(fields, 'failure_reason', wordCharactersMax);
  const exitCode = integerIn(fields, 'exit_code', -(2 ** 31), 2 ** 31 - 1);
  const hasFailed = state === 'failed';
  return {
    token,
    state,
    // Runners may send words of their own: taken, and kept as unknown.
    failureReason: hasFailed ? (reason !== null && known.has(reason) ? reason : 'unknown_failure') : null,
    exitCode: hasFailed ? exitCode : null,
    // Another kind of sum cannot be compared and is no mistake.
    checksum: /^crc32:[0-9a-f]{8}$/i.test(checksum) ? checksum.toLowerCase() : '',
    bytesize: integerIn(output, 'bytesize', 0, Number.MAX_SAFE_INTEGER, 'output.'),
    canResend: info.features.has('trace_reset'),
  };
}
