import { Secret } from '@crosstie/platform';
import { fieldsIn, idIn, textIn } from './fields.js';
import { GithubError } from './github-error.js';
import type { GithubHost } from './github-host.js';

/** A GitHub App as it comes out of its manifest. */
export interface CreatedApp {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly htmlUrl: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly webhookSecret: Secret | null;
  readonly privateKey: Secret;
}

/** Turns the code with which GitHub came back into the App; works once, within an hour. */
export async function convertManifest(host: GithubHost, code: string): Promise<CreatedApp> {
  const route = `POST /app-manifests/${encodeURIComponent(code)}/conversions`;
  const answer = fieldsIn(await host.json({ authorization: null, budget: 'manifest' }, { route }));
  const id = idIn(answer?.['id']);
  const clientId = textIn(answer?.['client_id']);
  const clientSecret = textIn(answer?.['client_secret']);
  const pem = textIn(answer?.['pem']);
  if (!answer || id === null || clientId === null || clientSecret === null || pem === null) {
    throw new GithubError("GitHub's answer does not hold an App", { status: 201, kind: 'unavailable' });
  }
  const webhookSecret = textIn(answer['webhook_secret']);
  return {
    id,
    slug: textIn(answer['slug']) ?? '',
    name: textIn(answer['name']) ?? '',
    htmlUrl: textIn(answer['html_url']) ?? '',
    clientId,
    clientSecret: new Secret(clientSecret),
    webhookSecret: webhookSecret === null ? null : new Secret(webhookSecret),
    privateKey: new Secret(pem),
  };
}
