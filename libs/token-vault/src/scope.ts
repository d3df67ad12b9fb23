/** What was asked for. */
export interface AskedScope {
  repositoryId: number;
  permissions: Readonly<Record<string, 'read' | 'write'>>;
}

/** What GitHub says a token can do. */
export interface GivenScope {
  permissions: Readonly<Record<string, string>>;
  repositorySelection: string | null;
  repositoryIds: readonly number[];
}

const levels = ['read', 'write', 'admin'];

/**
 * How a token differs from what was asked for; null when it does not. GitHub adds `metadata: read` to every
 * token, which is no more than knowing that the repository is there.
 */
export function scopeDiffers(asked: AskedScope, given: GivenScope): string | null {
  return widerThan(asked, given) ?? narrowerThan(asked, given);
}

function widerThan(asked: AskedScope, given: GivenScope): string | null {
  for (const [name, level] of Object.entries(given.permissions)) {
    const allowed = asked.permissions[name] ?? (name === 'metadata' ? 'read' : null);
    if (allowed === null) return `it also has ${name}: ${level}`;
    // A level that is not known is taken for a high one.
    if (!levels.includes(level) || levels.indexOf(level) > levels.indexOf(allowed)) return `it has ${name}: ${level}`;
  }
  if (given.repositorySelection !== 'selected') return 'it reaches every repository';
  const others = given.repositoryIds.filter((id) => id !== asked.repositoryId).length;
  if (others === 0) return null;
  return others === 1 ? 'it also reaches another repository' : `it also reaches ${others} other repositories`;
}

function narrowerThan(asked: AskedScope, given: GivenScope): string | null {
  for (const [name, level] of Object.entries(asked.permissions)) {
    const has = given.permissions[name];
    if (has === undefined || levels.indexOf(has) < levels.indexOf(level)) return `it lacks ${name}: ${level}`;
  }
  return given.repositoryIds.includes(asked.repositoryId) ? null : 'it does not reach the repository';
}
