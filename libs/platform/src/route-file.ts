/** Which service answers which address. The front door, the Ingress and a test of the real routes read it. */
export type RoutedService =
  | 'webhook-gateway'
  | 'identity-linker'
  | 'pipeline-orchestrator'
  | 'runner-api'
  | 'status-reporter';

export interface Route {
  /** An HTTP method, or `*` for each of them. */
  readonly method: string;
  /** `:name` stands for one path segment, a `*` at the end for anything. */
  readonly pattern: string;
  readonly service: RoutedService;
}

const at = (service: RoutedService, patterns: readonly string[]): Route[] =>
  patterns.map((pattern) => ({ method: '*', pattern, service }));

/** In the order of precedence: the first that fits decides. */
export const routes: readonly Route[] = [
  ...at('webhook-gateway', ['/webhooks/github']),
  ...at('runner-api', [
    '/api/v4/runners*',
    '/api/v4/jobs/*',
    '/api/v4/job',
    '/api/v4/user/runners',
    '/api/v4/projects/:id/runners*',
    '/api/v4/groups/:id/runners*',
    '/api/v4/projects/:id/jobs/:job_id/artifacts*',
    '/api/v4/projects/:id/jobs/:job_id/erase',
    '/api/v4/projects/:id/jobs/artifacts/*',
    '/api/v4/projects/:id/artifacts',
    '/api/crosstie/v1/jobs/:id/artifacts*',
  ]),
  ...at('identity-linker', [
    '/auth/*',
    '/api/v4/user',
    '/api/v4/user/*',
    '/api/v4/users*',
    '/api/v4/personal_access_tokens*',
    '/api/v4/projects/:id/members*',
    '/api/v4/groups/:id/members*',
    '/api/crosstie/v1/setup*',
    '/api/crosstie/v1/account*',
    '/api/crosstie/v1/seats*',
    '/api/crosstie/v1/terms*',
    '/api/crosstie/v1/inventory*',
    '/.well-known/openid-configuration',
    '/oauth/discovery/keys',
  ]),
  ...at('pipeline-orchestrator', ['/*']),
];

const compiled = routes.map((route) => ({ route, expression: toExpression(route.pattern) }));

/** The service that answers; `path` is the raw path, escapes included, with or without a query. */
export function ownerOf(method: string, path: string): RoutedService {
  const bare = path.split('?', 1)[0] ?? path;
  const found = compiled.find(
    ({ route, expression }) => (route.method === '*' || route.method === method.toUpperCase()) && expression.test(bare),
  );
  return found?.route.service ?? 'pipeline-orchestrator';
}

// A `*` straight after a word ends at a segment's border: `/runners*` is not `/runnersup`.
function toExpression(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\/\*$/, '/.*')
    .replace(/(?<![/.])\*$/, '(?:/.*)?');
  return new RegExp(`^${source}$`);
}
