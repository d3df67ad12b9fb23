import type { App, Hook, RepositoryHook } from '../state/model.js';

/** An App's hook or a repository's: both are signed, sent and logged alike. */
export interface HookOwner {
  readonly hook: Hook;
  readonly kind: 'app' | 'repository';
  /** The App's or the repository's. */
  readonly id: number;
}

export function hookOfApp(app: App): HookOwner {
  return { hook: app.hook, kind: 'app', id: app.id };
}

export function hookOfRepository(hook: RepositoryHook): HookOwner {
  return { hook, kind: 'repository', id: hook.repositoryId };
}
