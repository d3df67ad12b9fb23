/** Who asks, as a verified credential says. */
export interface Actor {
  readonly userId: number;
  readonly username: string;
  readonly isAdmin: boolean;
  readonly scopes: readonly string[];
  readonly via: 'token' | 'session';
  /** The number of the token or of the session. */
  readonly credentialId: number;
}

/** What a route may ask of a credential. `api` holds every other one. */
export type Scope = 'api' | 'read_api' | 'read_user' | 'create_runner' | 'manage_runner';

const covering: Readonly<Record<Scope, readonly string[]>> = {
  api: ['api'],
  read_api: ['api', 'read_api'],
  read_user: ['api', 'read_api', 'read_user'],
  create_runner: ['api', 'create_runner'],
  manage_runner: ['api', 'manage_runner'],
};

/** Whether one of the scopes is enough for what is needed. */
export function scopeCovers(has: readonly string[], needed: Scope): boolean {
  return covering[needed].some((scope) => has.includes(scope));
}
