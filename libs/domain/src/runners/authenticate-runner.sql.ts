import { statement } from '../database/statement.js';

export interface AuthenticatedRunner {
  id: number;
  version: number;
  paused: boolean;
  token_expires_at: Date | null;
  description: string;
  tags: string[];
  maximum_timeout: number | null;
}

/** The runner that a token belongs to, found by the token's hash. */
export const authenticateRunner = statement<[tokenHash: Buffer, now: Date], AuthenticatedRunner>(
  'authenticate_runner',
  { runner: 's' },
  `
  SELECT id, version, paused, token_expires_at, description, tags, maximum_timeout
  FROM runner
  WHERE token_hash = $1 AND (token_expires_at IS NULL OR token_expires_at > $2)`,
);
