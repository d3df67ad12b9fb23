import type { Queryable } from '../database/database.js';
import { statement } from '../database/statement.js';

export interface Terms {
  version: number;
  body: string;
}

const insertTerms = statement<[number, string], never>(
  'insert_terms',
  { terms_version: 'is' },
  `INSERT INTO terms_version (version, body) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING`,
);

const selectTerms = statement<[], Terms>(
  'select_terms',
  { terms_version: 's' },
  `SELECT version, body FROM terms_version ORDER BY version DESC LIMIT 1`,
);

const insertAcceptance = statement<[number, number], never>(
  'insert_acceptance',
  { acceptance: 'is' },
  `INSERT INTO acceptance (user_id, version) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
);

const selectAcceptance = statement<[number, number], { acceptedAt: Date }>(
  'select_acceptance',
  { acceptance: 's' },
  `SELECT accepted_at AS "acceptedAt" FROM acceptance WHERE user_id = $1 AND version = $2`,
);

/** Makes sure that there are terms: stores the text as its version unless that version is there already. */
export async function publishTerms(db: Queryable, terms: Terms): Promise<void> {
  await db.run(insertTerms, terms.version, terms.body);
}

/** The version in force. */
export async function currentTerms(db: Queryable): Promise<Terms> {
  const [terms] = await db.run(selectTerms);
  if (!terms) throw new Error('No terms are stored: identity-linker has not started yet');
  return terms;
}

export async function acceptTerms(db: Queryable, userId: number, version: number): Promise<void> {
  await db.run(insertAcceptance, userId, version);
}

/** When the person accepted that version; null when they did not. */
export async function acceptedTermsAt(db: Queryable, userId: number, version: number): Promise<Date | null> {
  return (await db.run(selectAcceptance, userId, version))[0]?.acceptedAt ?? null;
}
