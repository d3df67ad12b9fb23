import { statement } from '../database/statement.js';

/** Replaces a runner's settings. The version grows, so that what was cached about it no longer counts. */
export const changeRunner = statement<
  [
    id: number,
    description: string,
    maintenanceNote: string | null,
    tags: readonly string[],
    runUntagged: boolean,
    locked: boolean,
    paused: boolean,
    accessLevel: string,
    maximumTimeout: number | null,
  ],
  { id: number }
>(
  'change_runner',
  { runner: 'su' },
  `
  UPDATE runner SET description = $2, maintenance_note = $3, tags = $4, run_untagged = $5, locked = $6, paused = $7,
    access_level = $8, maximum_timeout = $9, version = version + 1
  WHERE id = $1 RETURNING id`,
);

/**
 * Gives a runner another token; the old one is refused from this moment on.
 *
 * @param expiresAt null: never
 */
export const replaceRunnerToken = statement<
  [id: number, tokenHash: Buffer, expiresAt: Date | null],
  { token_expires_at: Date | null }
>(
  'replace_runner_token',
  { runner: 'su' },
  `UPDATE runner SET token_hash = $2, token_expires_at = $3, version = version + 1
   WHERE id = $1 RETURNING token_expires_at`,
);

/** Removes a runner with its managers. Jobs that it runs go on until they end or fall silent. */
export const removeRunner = statement<[id: number], { id: number }>(
  'remove_runner',
  { runner: 'sd' },
  'DELETE FROM runner WHERE id = $1 RETURNING id',
);

/** Lets the token of a new runner end by itself. */
export const endRunnerToken = statement<[id: number, expiresAt: Date], never>(
  'end_runner_token',
  { runner: 'su' },
  'UPDATE runner SET token_expires_at = $2 WHERE id = $1',
);
