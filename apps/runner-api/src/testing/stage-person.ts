import { createAccessToken } from '@crosstie/domain';

import type { RunnerStage } from './runner-stage.js';

export interface PersonSketch {
  admin?: boolean;
  /** Project and level of a membership. */
  member?: readonly [projectId: number, level: number];
  scopes?: string[];
}

/** Somebody with an access token, and their calls below `/api/`. */
export async function stagePerson(stage: RunnerStage, sketch: PersonSketch = {}) {
  const userId = await stage.person();
  if (sketch.admin) await stage.database.pool.query('UPDATE user_account SET is_admin = true WHERE id = $1', [userId]);
  if (sketch.member) {
    const sql = 'INSERT INTO membership (user_id, project_id, access_level) VALUES ($1, $2, $3)';
    await stage.database.pool.query(sql, [userId, ...sketch.member]);
  }
  const expiresAt = new Date(stage.clock.ms() + 86_400_000);
  const scopes = sketch.scopes ?? ['api'];
  const { token } = await createAccessToken(stage.database, { userId, name: 'test', scopes, expiresAt });
  /** As it is answered. `path` begins below `/api/v4/`, or with a slash below the server. */
  const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(stage.url + (path.startsWith('/') ? path : `/api/v4/${path}`), {
      method,
      headers: { 'private-token': token, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await ask(method, path, body);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : null) as never };
  };
  return { userId, token, ask, call };
}
