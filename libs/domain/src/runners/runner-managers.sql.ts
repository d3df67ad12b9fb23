import { statement } from '../database/statement.js';

export interface RecordedManager {
  id: number;
  /** A host that was not known, of a runner that takes jobs of protected branches. */
  is_notable: boolean;
}

/**
 * Records who runs with a runner's token. No row when the runner has more managers than `managersMax`
 * and this would be one more.
 */
export const recordManager = statement<
  [
    runnerId: number,
    systemId: string,
    version: string | null,
    revision: string | null,
    platform: string | null,
    architecture: string | null,
    executor: string | null,
    ipAddress: string | null,
    now: Date,
    managersMax: number,
    /** Whether it understands that a job is being cancelled. */
    cancelsGracefully: boolean,
  ],
  RecordedManager
>(
  'record_manager',
  { runner_manager: 'siu', runner: 's' },
  `
  INSERT INTO runner_manager (runner_id, system_id, version, revision, platform, architecture, executor, ip_address,
    created_at, contacted_at, cancels_gracefully)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $11
  WHERE EXISTS (SELECT FROM runner_manager WHERE runner_id = $1 AND system_id = $2)
    OR (SELECT count(*) FROM runner_manager WHERE runner_id = $1) < $10
  ON CONFLICT (runner_id, system_id) DO UPDATE SET version = excluded.version, revision = excluded.revision,
    platform = excluded.platform, architecture = excluded.architecture, executor = excluded.executor,
    ip_address = excluded.ip_address, contacted_at = excluded.contacted_at,
    cancels_gracefully = excluded.cancels_gracefully
  RETURNING id, xmax = 0 AND (SELECT access_level FROM runner WHERE runner.id = $1) = 'ref_protected' AS is_notable`,
);

/** Notes when managers were last heard of; collected in memory and written once a minute. */
export const touchManagers = statement<[ids: readonly number[], times: readonly Date[]], never>(
  'touch_managers',
  { runner_manager: 'su' },
  `
  UPDATE runner_manager SET contacted_at = heard.at
  FROM unnest($1::bigint[], $2::timestamptz[]) AS heard (id, at)
  WHERE runner_manager.id = heard.id AND (runner_manager.contacted_at IS NULL OR runner_manager.contacted_at < heard.at)`,
);

/** Removes one manager of a runner; the runner and its other managers stay. */
export const removeManager = statement<[runnerId: number, systemId: string], { id: number }>(
  'remove_manager',
  { runner_manager: 'sd' },
  'DELETE FROM runner_manager WHERE runner_id = $1 AND system_id = $2 RETURNING id',
);
