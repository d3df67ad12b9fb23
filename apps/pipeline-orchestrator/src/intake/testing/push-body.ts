/** The body of an ordinary push as GitHub sends it, as far as it is read. */
export function pushBody(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    ref: 'refs/heads/main',
    before: 'b'.repeat(40),
    after: 'a'.repeat(40),
    created: false,
    deleted: false,
    forced: false,
    commits: [{ id: 'a'.repeat(40) }],
    head_commit: {
      id: 'a'.repeat(40),
      message: 'Turn the widget\n\nIt was upside down.',
      timestamp: '2026-11-24T12:59:00+01:00',
      author: { name: 'Kim', email: 'kim@example.com' },
    },
    repository: {
      id: 101,
      full_name: 'acme/widget',
      private: true,
      default_branch: 'main',
      pushed_at: Date.parse('2026-11-24T12:00:00Z') / 1000,
    },
    pusher: { name: 'kim', email: 'kim@example.com' },
    sender: { id: 7, login: 'kim', type: 'User' },
    installation: { id: 11 },
    ...changes,
  };
}
