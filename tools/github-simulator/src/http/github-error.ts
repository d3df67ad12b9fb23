/** An answer other than success, with GitHub's body. */
export class GitHubError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors?: unknown[],
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  body(): Record<string, unknown> {
    return {
      message: this.message,
      ...(this.errors ? { errors: this.errors } : {}),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
  }
}

export const notFound = (): GitHubError => new GitHubError(404, 'Not Found');
export const badCredentials = (): GitHubError => new GitHubError(401, 'Bad credentials');
export const notAccessible = (): GitHubError => new GitHubError(403, 'Resource not accessible by integration');
