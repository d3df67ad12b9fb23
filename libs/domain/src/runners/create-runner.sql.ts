import { statement } from '../database/statement.js';

/** Makes a runner; its token is known by the hash alone. */
export const createRunner = statement<
  [
    runnerType: string,
    ownerKey: string | null,
    projectId: number | null,
    description: string,
    maintenanceNote: string | null,
    tags: readonly string[],
    runUntagged: boolean,
    locked: boolean,
    paused: boolean,
    accessLevel: string,
    maximumTimeout: number | null,
    tokenHash: Buffer,
    createdBy: number | null,
    now: Date,
  ],
  { id: number }
>(
  'create_runner',
  { runner: 'si' },
  `
  INSERT INTO runner (runner_type, owner_key, project_id, description, maintenance_note, tags, run_untagged, locked,
    paused, access_level, maximum_timeout, token_hash, created_by, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
  RETURNING id`,
);
