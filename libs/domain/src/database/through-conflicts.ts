import pg from 'pg';

const attemptsMax = 5;
const pauseMs = 20;
/** `serialization_failure` and `deadlock_detected`: nothing of it happened, and the next time it may. */
const conflicts = new Set(['40001', '40P01']);

/**
 * Does work that PostgreSQL may break off in favour of somebody else's, again after a short and uneven pause, five
 * times in all. Everything else that goes wrong is thrown at once.
 */
export async function throughConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attemptsMax || !isConflict(error)) throw error;
    }
    // Two that met would meet again if they came back together.
    await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt * (0.5 + Math.random())));
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && conflicts.has(error.code ?? '');
}
