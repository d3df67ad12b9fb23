import { callbackPath } from '../sign-in/github-sign-in.js';

export const appCallbackPath = '/auth/setup/app/callback';

export interface ManifestWishes {
  name: string;
  /** Whether other accounts than the owner may install it. */
  public: boolean;
}

/** What GitHub is asked to make: the least that runs pipelines and posts their verdict. */
export function appManifest(publicUrl: string, { name, public: isPublic }: ManifestWishes): Record<string, unknown> {
  return {
    name,
    url: publicUrl,
    description: 'Runs pipelines in GitLab CI syntax for what is pushed here.',
    public: isPublic,
    hook_attributes: { url: `${publicUrl}/webhooks/github`, active: true },
    redirect_url: `${publicUrl}${appCallbackPath}`,
    callback_urls: [`${publicUrl}${callbackPath}`],
    setup_url: `${publicUrl}/auth/github?purpose=login`,
    default_permissions: { metadata: 'read', contents: 'read', statuses: 'write' },
    default_events: ['push'],
  };
}

/** A name that is likely to be free at GitHub, where names are unique and at most 34 characters long. */
export function suggestedAppName(publicUrl: string): string {
  const host = new URL(publicUrl).hostname.replace(/[^a-z0-9]+/gi, '-');
  return `crosstie-${host}`.slice(0, 34).replace(/-+$/, '');
}
