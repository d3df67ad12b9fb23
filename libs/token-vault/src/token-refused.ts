import { GithubError } from '@crosstie/github';

/** Why a token is not given. The first ones are reasons of a pipeline, under the same word. */
export type TokenRefusalReason =
  | 'token_refused'
  | 'token_scope_mismatch'
  | 'installation_suspended'
  | 'sender_not_linked'
  | 'terms_not_accepted'
  | 'needs_reauth'
  /** GitHub does not answer, or not now: the same request can succeed later. */
  | 'github_unavailable'
  /** There is no GitHub App yet. */
  | 'app_missing';

/** A refusal that a person can act on; `message` is their sentence and holds no secret. */
export class TokenRefused extends Error {
  constructor(
    readonly reason: TokenRefusalReason,
    message: string,
    /** When asking again makes sense; null when it never does. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
    this.name = 'TokenRefused';
  }

  get retryable(): boolean {
    return this.retryAfterMs !== null;
  }
}

export function needsReauth(): TokenRefused {
  return new TokenRefused(
    'needs_reauth',
    'The link to GitHub has to be renewed: sign in with GitHub again, then retry.',
  );
}

const waitMs = 5_000;

/** What a caller is told about a call of GitHub that did not bring a token; other errors as they are. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof GithubError)) return error;
  if (error.canHelpToRetry) {
    const message = 'GitHub cannot give a token now; it is tried again.';
    return new TokenRefused('github_unavailable', message, error.retryAfterMs ?? waitMs);
  }
  if (error.kind === 'suspended') {
    return new TokenRefused(
      'installation_suspended',
      "The GitHub App is suspended here; an owner resumes it in the installation's settings on GitHub.",
    );
  }
  return new TokenRefused('token_refused', `GitHub refused a token: ${error.message}`);
}
