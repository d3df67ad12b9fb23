import pg from 'pg';

/** Something between us and PostgreSQL shares connections. The message says what to do. */
export class PoolerBetween extends Error {
  constructor(found: string, options?: ErrorOptions) {
    super(
      `PostgreSQL is reached through a pooler (${found}): locks and settings need connections of their own, ` +
        'so give the address of PostgreSQL itself',
      options,
    );
    this.name = 'PoolerBetween';
  }
}

/**
 * Refuses a pooler that gives each transaction whichever connection is free, such as PgBouncer does: an advisory lock
 * would be held by nobody, a prepared statement be another one's, and the settings of the session would not hold.
 * Throws PoolerBetween.
 */
export async function refusePooler(pool: pg.Pool): Promise<void> {
  const [first, second] = [await pool.connect(), await pool.connect()];
  try {
    // Nobody else uses the first one's connection while it is idle, unless it is not its own.
    const [one, other] = [await sessionOf(first), await sessionOf(second)];
    if (one.pid === other.pid) throw new PoolerBetween('two connections are one');
    if (one.seqscan !== 'off') throw new PoolerBetween('the settings of a connection are dropped');
  } finally {
    first.release();
    second.release();
  }
}

/** A pooler that refuses settings which it cannot keep says so before anything is asked. */
export function poolerIn(error: unknown): PoolerBetween | null {
  if (error instanceof PoolerBetween) return error;
  const isOne = error instanceof pg.DatabaseError && error.message.startsWith('unsupported startup parameter');
  return isOne ? new PoolerBetween(error.message, { cause: error }) : null;
}

async function sessionOf(client: pg.PoolClient): Promise<{ pid: number; seqscan: string }> {
  const { rows } = await client.query<{ pid: number; seqscan: string }>(
    `SELECT pg_backend_pid() AS pid, current_setting('enable_seqscan') AS seqscan`,
  );
  return rows[0] ?? { pid: 0, seqscan: '' };
}
