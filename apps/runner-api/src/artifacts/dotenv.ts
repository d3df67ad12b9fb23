import { BadRequest } from '@crosstie/platform';

export interface DotenvVariable {
  key: string;
  value: string;
}

/** GitLab's limits for servers of one's own. */
export const dotenvBytesMax = 5 * 1_024;
const variablesMax = 20;

/**
 * Reads a dotenv report: `KEY=VALUE` a line, split at the first `=`, spaces around each taken off, quotes kept; of a
 * key given twice the last counts. Nothing is expanded. Throws BadRequest for whatever else stands in it: then the
 * upload fails, and with it the job.
 */
export function parseDotenv(bytes: Buffer): DotenvVariable[] {
  const text = decoded(bytes);
  const variables = new Map<string, string>();
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split('\n');
  for (const [n, line] of lines.entries()) {
    const at = line.indexOf('=');
    const key = line.slice(0, Math.max(0, at)).trim();
    if (at === -1 || !/^\w+$/.test(key)) {
      throw new BadRequest(`The dotenv report is not KEY=VALUE in line ${n + 1}`, 'dotenv');
    }
    variables.set(key, line.slice(at + 1).trim());
  }
  if (variables.size > variablesMax) {
    throw new BadRequest(`The dotenv report has more than ${variablesMax} variables`, 'dotenv');
  }
  return [...variables].map(([key, value]) => ({ key, value }));
}

function decoded(bytes: Buffer): string {
  if (bytes.length > dotenvBytesMax) {
    throw new BadRequest(`The dotenv report is longer than ${dotenvBytesMax} bytes`, 'dotenv');
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // No variable of a process can hold it, nor PostgreSQL's text.
    if (!text.includes('\0')) return text;
  } catch {
    // Said below.
  }
  throw new BadRequest('The dotenv report is not UTF-8 text', 'dotenv');
}
