/**
 * Cuts GitHub's published description (`@octokit/openapi`) down to the operations and webhooks that
 * the simulator has, and rewrites it as plain JSON Schema. Run after a change of either:
 *
 *   node tools/github-simulator/openapi/cut.ts
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

type Json = Record<string, unknown>;

const repo = '/repos/{owner}/{repo}';
const operations: string[] = [
  'GET /app',
  'GET /app/hook/config',
  'PATCH /app/hook/config',
  'GET /app/hook/deliveries',
  'GET /app/hook/deliveries/{delivery_id}',
  'POST /app/hook/deliveries/{delivery_id}/attempts',
  'GET /app/installations',
  'GET /app/installations/{installation_id}',
  'DELETE /app/installations/{installation_id}',
  'POST /app/installations/{installation_id}/access_tokens',
  'PUT /app/installations/{installation_id}/suspended',
  'DELETE /app/installations/{installation_id}/suspended',
  'POST /app-manifests/{code}/conversions',
  'POST /applications/{client_id}/token',
  'PATCH /applications/{client_id}/token',
  'DELETE /applications/{client_id}/token',
  'DELETE /applications/{client_id}/grant',
  'POST /applications/{client_id}/token/scoped',
  'DELETE /installation/token',
  'GET /installation/repositories',
  'GET /meta',
  'GET /orgs/{org}/installation',
  'GET /rate_limit',
  `GET ${repo}`,
  `GET ${repo}/branches`,
  `GET ${repo}/branches/{branch}`,
  `GET ${repo}/collaborators/{username}/permission`,
  `GET ${repo}/commits`,
  `GET ${repo}/commits/{ref}`,
  `GET ${repo}/commits/{ref}/status`,
  `GET ${repo}/commits/{ref}/statuses`,
  `GET ${repo}/compare/{basehead}`,
  `GET ${repo}/contents/{path}`,
  `GET ${repo}/git/blobs/{file_sha}`,
  `GET ${repo}/git/matching-refs/{ref}`,
  `GET ${repo}/git/ref/{ref}`,
  `GET ${repo}/git/tags/{tag_sha}`,
  `GET ${repo}/git/trees/{tree_sha}`,
  `GET ${repo}/hooks`,
  `POST ${repo}/hooks`,
  `GET ${repo}/hooks/{hook_id}`,
  `PATCH ${repo}/hooks/{hook_id}`,
  `DELETE ${repo}/hooks/{hook_id}`,
  `GET ${repo}/hooks/{hook_id}/config`,
  `PATCH ${repo}/hooks/{hook_id}/config`,
  `GET ${repo}/hooks/{hook_id}/deliveries`,
  `GET ${repo}/hooks/{hook_id}/deliveries/{delivery_id}`,
  `POST ${repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts`,
  `POST ${repo}/hooks/{hook_id}/pings`,
  `POST ${repo}/hooks/{hook_id}/tests`,
  `GET ${repo}/installation`,
  `GET ${repo}/pulls`,
  `POST ${repo}/statuses/{sha}`,
  'GET /user',
  'GET /user/{account_id}',
  'GET /user/emails',
  'GET /user/installations',
  'GET /user/installations/{installation_id}/repositories',
  'GET /user/memberships/orgs/{org}',
  'GET /user/orgs',
  'GET /user/repos',
  'GET /users/{username}',
  'GET /users/{username}/installation',
];

const webhooks: Record<string, string> = {
  push: 'push',
  ping: 'ping',
  'installation.created': 'installation-created',
  'installation.deleted': 'installation-deleted',
  'installation.suspend': 'installation-suspend',
  'installation.unsuspend': 'installation-unsuspend',
  'installation.new_permissions_accepted': 'installation-new-permissions-accepted',
  'installation_repositories.added': 'installation-repositories-added',
  'installation_repositories.removed': 'installation-repositories-removed',
  'github_app_authorization.revoked': 'github-app-authorization-revoked',
  'repository.renamed': 'repository-renamed',
  'repository.transferred': 'repository-transferred',
  'repository.deleted': 'repository-deleted',
};

/**
 * Answers whose description no real answer can satisfy, and what stands in for it. Here an account
 * would have to be a person and an enterprise at once.
 */
const replaced: Record<string, Json> = {
  'GET /app/installations': { type: 'array', items: { $ref: '#/components/schemas/installation' } },
};

const dropped = new Set([
  'description',
  'example',
  'examples',
  'externalDocs',
  'title',
  'default',
  'discriminator',
  'deprecated',
  'xml',
  'readOnly',
]);

/** OpenAPI 3.0 to JSON Schema: `nullable` becomes a type of its own, prose goes. */
function toJsonSchema(value: unknown, isPropertyMap = false): unknown {
  if (Array.isArray(value)) return value.map((each) => toJsonSchema(each));
  if (typeof value !== 'object' || value === null) return value;
  const result: Json = {};
  for (const [key, inner] of Object.entries(value)) {
    if (!isPropertyMap && (dropped.has(key) || key.startsWith('x-') || key === 'nullable')) continue;
    result[key] = key === 'enum' || key === 'required' ? inner : toJsonSchema(inner, key === 'properties');
  }
  if (isPropertyMap || (value as Json)['nullable'] !== true) return result;
  if (Array.isArray(result['enum'])) result['enum'] = [...(result['enum'] as unknown[]), null];
  if (typeof result['type'] === 'string') return { ...result, type: [result['type'], 'null'] };
  return { anyOf: [result, { type: 'null' }] };
}

function refsIn(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const each of value) refsIn(each, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref' && typeof inner === 'string') found.add(inner.replace('#/components/schemas/', ''));
      else refsIn(inner, found);
    }
  }
}

const source = join(
  dirname(createRequire(import.meta.url).resolve('@octokit/openapi')),
  'generated/api.github.com.json',
);
const description = JSON.parse(await readFile(source, 'utf8')) as Json;

function resolve(value: Json): Json {
  if (typeof value['$ref'] !== 'string') return value;
  return value['$ref']
    .slice(2)
    .split('/')
    .reduce<Json>((at, key) => at[key] as Json, description);
}

function bodySchemas(content: unknown): Json {
  return Object.fromEntries(
    Object.entries((content ?? {}) as Record<string, Json>)
      .filter(([, media]) => media['schema'] !== undefined)
      .map(([type, media]) => [type, toJsonSchema(media['schema'])]),
  );
}

function cutOperation(operation: Json): Json {
  const parameters = ((operation['parameters'] ?? []) as Json[]).map(resolve).map((each) => ({
    name: each['name'],
    in: each['in'],
    schema: toJsonSchema(each['schema']),
  }));
  const request = operation['requestBody'] ? resolve(operation['requestBody'] as Json) : undefined;
  const responses = Object.entries((operation['responses'] ?? {}) as Record<string, Json>).map(([status, response]) => [
    status,
    bodySchemas(resolve(response)['content']),
  ]);
  return {
    parameters,
    ...(request
      ? { request: bodySchemas(request['content'])['application/json'], requestRequired: request['required'] === true }
      : {}),
    responses: Object.fromEntries(responses) as Json,
  };
}

const paths = description['paths'] as Record<string, Record<string, Json>>;
const hooks = description['x-webhooks'] as Record<string, Record<string, Json>>;
const cut: Json = { operations: {}, webhooks: {}, components: { schemas: {} } };
for (const each of operations) {
  const [method = '', path = ''] = each.split(' ');
  const operation = paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`GitHub describes no ${each}`);
  const result = cutOperation(operation);
  const stand = replaced[each];
  if (stand) (result['responses'] as Json)['200'] = { 'application/json': stand };
  (cut['operations'] as Json)[each] = result;
}
for (const [event, name] of Object.entries(webhooks)) {
  const body = hooks[name]?.['post']?.['requestBody'] as Json | undefined;
  if (!body) throw new Error(`GitHub describes no webhook ${name}`);
  (cut['webhooks'] as Json)[event] = bodySchemas(resolve(body)['content'])['application/json'];
}
const all = (description['components'] as Json)['schemas'] as Record<string, Json>;
const kept = (cut['components'] as Json)['schemas'] as Record<string, Json>;
for (let missing = new Set<string>(); ; missing = new Set()) {
  refsIn(cut, missing);
  const added = [...missing].filter((name) => !(name in kept));
  if (added.length === 0) break;
  for (const name of added) {
    kept[name] = toJsonSchema(all[name]) as Json;
  }
}
const target = join(import.meta.dirname, 'github.json');
await writeFile(target, `${JSON.stringify(cut)}\n`);
process.stdout.write(
  `${operations.length} operations, ${Object.keys(webhooks).length} webhooks, ${Object.keys(kept).length} schemas\n`,
);
