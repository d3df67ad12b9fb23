import type { SeatRow } from '@crosstie/domain';

/** One seat of the export. */
export interface ApiSeat {
  user_id: number;
  username: string;
  name: string;
  github_login: string | null;
  github_user_id: number | null;
  taken_at: string;
  released_at: string | null;
}

export function toApiSeat(row: SeatRow): ApiSeat {
  return {
    user_id: row.userId,
    username: row.username,
    name: row.name,
    github_login: row.githubLogin,
    github_user_id: row.githubUserId,
    taken_at: row.takenAt.toISOString(),
    released_at: row.releasedAt?.toISOString() ?? null,
  };
}
