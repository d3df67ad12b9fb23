import { createHash, timingSafeEqual } from 'node:crypto';

import type { Queryable } from '../database/database.js';
import { statement } from '../database/statement.js';

interface AuditLine {
  readonly id: number;
  readonly line: string;
  readonly hash: Buffer | null;
}

const page = 1000;

const auditLines = statement<[afterId: number, limit: number], AuditLine>(
  'audit_lines',
  { audit_event: 's' },
  `SELECT e.id, audit_line(e) AS line, e.hash FROM audit_event e WHERE e.id > $1 ORDER BY e.id LIMIT $2`,
);

/** What the lines of the audit say of each other. */
export interface AuditState {
  readonly lines: number;
  /** The first line that does not follow from the one before: it, or one that stood before it, is another one now. */
  readonly brokenAt: number | null;
  /** The hash of the last line. Kept elsewhere, it shows whether lines were taken off the end. */
  readonly head: string | null;
}

/** Follows the chain of hashes through the whole audit. Lines from before there was a chain are counted alone. */
export async function verifyAudit(db: Queryable): Promise<AuditState> {
  let lines = 0;
  let last: AuditLine | null = null;
  for (;;) {
    const rows: AuditLine[] = await db.run(auditLines, last?.id ?? 0, page);
    for (const row of rows) {
      lines += 1;
      if (!follows(row, last)) return { lines, brokenAt: row.id, head: null };
      last = row;
    }
    if (rows.length < page) return { lines, brokenAt: null, head: last?.hash?.toString('hex') ?? null };
  }
}

function follows({ line, hash }: AuditLine, before: AuditLine | null): boolean {
  if (!hash) return !before?.hash;
  const chained = createHash('sha256')
    .update(before?.hash ?? Buffer.of())
    .update(line, 'utf8');
  const digest = chained.digest();
  return digest.length === hash.length && timingSafeEqual(digest, hash);
}
