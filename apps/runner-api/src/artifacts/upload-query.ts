import { parseDuration } from '@crosstie/ci-config';
import { BadRequest } from '@crosstie/platform';

export interface UploadQuery {
  fileType: string;
  fileFormat: string;
  /** Null: kept. */
  expireAt: Date | null;
}

const formats = new Set(['zip', 'gzip', 'raw', 'zipzstd', 'tarzstd']);

/** What an upload is and how long it is kept. Throws BadRequest for words that runners do not use. */
export function readUploadQuery(query: Readonly<Record<string, unknown>>, now: Date): UploadQuery {
  const fileType = query['artifact_type'] ?? 'archive';
  const fileFormat = query['artifact_format'] ?? 'zip';
  if (typeof fileType !== 'string' || !/^[a-z_]{1,64}$/.test(fileType)) {
    throw new BadRequest('artifact_type does not have a valid value');
  }
  if (typeof fileFormat !== 'string' || !formats.has(fileFormat)) {
    throw new BadRequest('artifact_format does not have a valid value');
  }
  return { fileType, fileFormat, expireAt: expiryOf(query['expire_in'], now) };
}

function expiryOf(given: unknown, now: Date): Date | null {
  if (given === undefined || given === '' || given === 'never') return null;
  const seconds = typeof given === 'string' ? parseDuration(given) : null;
  if (seconds === null) throw new BadRequest('expire_in does not have a valid value');
  return new Date(now.getTime() + seconds * 1000);
}

/** A name to show and to save under: no path, nothing that a header or a terminal would read as a command. */
export function safeFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const clean = last.replace(/[\u0000-\u001f\u007f"';\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '_').slice(0, 255);
  return clean === '' || clean === '.' || clean === '..' ? 'artifacts' : clean;
}
