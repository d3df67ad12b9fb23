import type { Queryable, Transaction } from '../database/database.js';
import { statement } from '../database/statement.js';

export interface SeatRow {
  userId: number;
  username: string;
  name: string;
  githubLogin: string | null;
  githubUserId: number | null;
  takenAt: Date;
  releasedAt: Date | null;
}

/** Held until the end of the transaction, so that two people cannot take the last seat. */
const lockSeats = statement<[], { seatLimit: number | null }>(
  'lock_seats',
  { server_setting: 'su' },
  `SELECT seat_limit AS "seatLimit" FROM server_setting FOR UPDATE`,
);

/** A statement of its own after the lock: it has to see the seats that were taken while it waited. */
const takeSeatRow = statement<[number], { taken: boolean; held: boolean }>(
  'take_seat',
  { seat: 'is', server_setting: 's' },
  `WITH room AS (
     SELECT seat_limit IS NULL OR seat_limit > (SELECT count(*) FROM seat WHERE released_at IS NULL) AS free
     FROM server_setting
   ), taken AS (
     INSERT INTO seat (user_id) SELECT $1 FROM room WHERE free
     ON CONFLICT (user_id) WHERE released_at IS NULL DO NOTHING RETURNING id
   )
   SELECT EXISTS (SELECT 1 FROM taken) AS taken,
          EXISTS (SELECT 1 FROM seat WHERE user_id = $1 AND released_at IS NULL) AS held`,
);

const releaseSeatRow = statement<[number], { id: number }>(
  'release_seat',
  { seat: 'su' },
  `UPDATE seat SET released_at = now() WHERE user_id = $1 AND released_at IS NULL RETURNING id`,
);

const selectSeat = statement<[number], { takenAt: Date }>(
  'select_seat',
  { seat: 's' },
  `SELECT taken_at AS "takenAt" FROM seat WHERE user_id = $1 AND released_at IS NULL`,
);

const selectSeats = statement<[], SeatRow>(
  'select_seats',
  { seat: 's', user_account: 's', identity: 's' },
  `SELECT u.id AS "userId", u.username, u.name, i.login AS "githubLogin", i.github_user_id AS "githubUserId",
          s.taken_at AS "takenAt", s.released_at AS "releasedAt"
   FROM seat s JOIN user_account u ON u.id = s.user_id LEFT JOIN identity i ON i.user_id = u.id
   ORDER BY s.id`,
);

/** Takes a seat for a person; holding one already is fine. `full`: the server's limit is reached. */
export async function takeSeat(tx: Transaction, userId: number): Promise<'taken' | 'held' | 'full'> {
  await tx.run(lockSeats);
  const row = await tx.first(takeSeatRow, userId);
  if (row?.taken) return 'taken';
  return row?.held ? 'held' : 'full';
}

/** Gives the seat back; false when none was held. */
export async function releaseSeat(db: Queryable, userId: number): Promise<boolean> {
  return (await db.run(releaseSeatRow, userId)).length > 0;
}

/** Since when the person holds a seat; null without one. */
export async function seatOf(db: Queryable, userId: number): Promise<Date | null> {
  return (await db.run(selectSeat, userId))[0]?.takenAt ?? null;
}

/** Every seat that was ever held, for the export. */
export async function listSeats(db: Queryable): Promise<SeatRow[]> {
  return db.run(selectSeats);
}
