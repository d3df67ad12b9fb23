import { statement } from '../database/statement.js';

/** Guesses at a set-up code before a new one is made. */
export const setupTriesMax = 10;

export interface SetupRow {
  hasCode: boolean;
  tries: number;
  /** Closed for good: an administrator exists, or the set-up was completed once. */
  closed: boolean;
}

export const readSetup = statement<[], SetupRow>(
  'read_setup',
  { setup: 's', user_account: 's' },
  `SELECT code_hash IS NOT NULL AS "hasCode", tries,
          completed_at IS NOT NULL OR EXISTS (SELECT 1 FROM user_account WHERE is_admin) AS closed
   FROM setup`,
);

/**
 * A new code, unless the set-up is closed, or a code of after `notSince` stands: of several processes that start
 * together one writes its code into its log, and that one holds. Null replaces whatever stands.
 */
export const storeSetupCode = statement<[codeHash: Buffer, now: Date, notSince: Date | null], { one: boolean }>(
  'store_setup_code',
  { setup: 'su', user_account: 's' },
  `UPDATE setup SET code_hash = $1, tries = 0, code_at = $2
   WHERE completed_at IS NULL AND NOT EXISTS (SELECT 1 FROM user_account WHERE is_admin)
     AND ($3::timestamptz IS NULL OR code_hash IS NULL OR code_at < $3)
   RETURNING one`,
);

/** Counts a guess before it is compared, so that guesses at the same moment count too. */
export const trySetupCode = statement<[], { codeHash: Buffer | null; tries: number }>(
  'try_setup_code',
  { setup: 'su' },
  `UPDATE setup SET tries = tries + 1 WHERE completed_at IS NULL RETURNING code_hash AS "codeHash", tries`,
);

/** Closes the set-up; of several at once, one does it. */
export const completeSetup = statement<[codeHash: Buffer], { one: boolean }>(
  'complete_setup',
  { setup: 'su' },
  `UPDATE setup SET completed_at = now(), code_hash = NULL
   WHERE completed_at IS NULL AND code_hash = $1 RETURNING one`,
);
