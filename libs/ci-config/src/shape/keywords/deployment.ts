import type { PlainObject, PlainValue } from '../../contract.js';
import { limits } from '../../limits.js';
import { given, type MapNode } from '../../nodes.js';
import { parseDuration } from '../duration.js';
import { anything } from '../plain-value.js';
import {
  byKind,
  flag,
  hashOf,
  integer,
  list,
  mapped,
  oneOf,
  oneOrMany,
  record,
  shape,
  text,
  type Shape,
  type Spot,
} from '../shape.js';
import type { JsonSchema } from '../json-schema.js';

const NAME = /^[\w\-/${}. ]+$/;
const TIERS = ['production', 'staging', 'testing', 'development', 'other'];

const NAME_PATTERN = '^(?!/)[\\w\\-/${}. ]+(?<!/)$';

function nameFault(value: string): string | undefined {
  if (!NAME.test(value)) return "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces";
  return /^\/|\/$/.test(value) ? "cannot start or end with '/'" : undefined;
}

const environmentName = text({ pattern: NAME_PATTERN, blank: false, max: limits.nameChars, check: nameFault });

const tier = text({
  pattern: `^(?:${TIERS.join('|')})$|\\$`,
  check: (value) =>
    TIERS.includes(value) || value.includes('$')
      ? undefined
      : `should be one of: ${TIERS.join(', ')}, or a text with a variable, not \`${value.slice(0, 100)}\``,
});

const kubernetesFields = record(
  {
    agent: text(),
    namespace: text(),
    flux_resource_path: text(),
    managed_resources: record({ enabled: flag() }),
    dashboard: record({ namespace: text(), flux_resource_path: text() }),
  },
  { empty: false },
);

const kubernetes = shape(
  'a hash',
  (node, spot) => {
    const value = kubernetesFields.read(node, spot);
    if (value === undefined) return undefined;
    const needsAgent = value.flux_resource_path ?? value.dashboard ?? (value.managed_resources?.enabled || undefined);
    if (needsAgent !== undefined && value.agent === undefined) {
      return spot.fault('required', 'config missing required keys: agent', node);
    }
    if (value.flux_resource_path !== undefined && value.namespace === undefined) {
      return spot.fault('required', 'config missing required keys: namespace (`flux_resource_path` needs it)', node);
    }
    for (const key of ['namespace', 'flux_resource_path'] as const) {
      if (value[key] === undefined || value.dashboard?.[key] === undefined) continue;
      return spot.fault('exclusive', `${key} cannot be specified when dashboard.${key} is set`, node);
    }
    spot.warn('no_effect', "needs GitLab's agent for Kubernetes: the job runs and deploys without it", node);
    return value;
  },
  kubernetesFields.schema,
);

const environmentHash = record(
  {
    name: environmentName,
    url: text({ max: limits.nameChars }),
    on_stop: text(),
    action: oneOf('start', 'stop', 'prepare', 'verify', 'access'),
    auto_stop_in: text(),
    kubernetes,
    deployment_tier: tier,
  },
  { required: ['name'] },
);

/** `environment`: the name alone, or a hash. */
export const environment: Shape<PlainObject> = byKind<PlainObject>('a hash or a string', {
  text: mapped(environmentName, (name) => ({ name, action: 'start' })),
  map: mapped(environmentHash, (value) => value as PlainObject),
});

/** `resource_group`: a name, checked in full once its variables are known. */
export const resourceGroup = text({
  pattern: NAME_PATTERN,
  blank: false,
  max: limits.nameChars,
  check: nameFault,
});

const link = record(
  { name: text({ blank: false }), url: text({ blank: false }), filepath: text(), link_type: text() },
  { required: ['name', 'url'] },
);
/** A calendar date, perhaps with a time and a zone; the host's own reader takes far more than ISO 8601. */
const ISO_DATE = /^\d{4}-?\d\d-?\d\d(?:[T ]\d\d(?::?\d\d(?::?\d\d(?:[.,]\d+)?)?)?(?:Z|[-+]\d\d(?::?\d\d)?)?)?$/i;

const releasedAt = text({
  pattern: '^\\d{4}-?\\d\\d-?\\d\\d',
  check: (value) => (ISO_DATE.test(value) && isDay(value) ? undefined : 'must be a date and time in ISO 8601'),
});

function isDay(value: string): boolean {
  const digits = value.replace(/^(\d{4})-?(\d\d)-?(\d\d).*$/s, '$1-$2-$3');
  return !Number.isNaN(Date.parse(digits)) && new Date(digits).toISOString().startsWith(digits);
}

/** `release`, as written. */
export const release: Shape<PlainObject> = mapped(
  record(
    {
      tag_name: text({ blank: false }),
      description: text({ blank: false }),
      name: text(),
      tag_message: text(),
      ref: text(),
      milestones: oneOrMany(text()),
      released_at: releasedAt,
      assets: record({ links: list(link, { empty: "can't be blank" }) }, { required: ['links'] }),
    },
    { required: ['tag_name', 'description'] },
  ),
  (value, node, spot) => {
    spot.warn('no_effect', 'is not made by Crosstie: the script runs; use `gh release create` in it', node);
    return value;
  },
);

/** `id_tokens`: a name and whom each token is for. */
export const idTokens: Shape<PlainObject> = mapped(
  hashOf(
    record(
      {
        aud: byKind<PlainValue>('a string or an array of strings', {
          text: text(),
          list: list(text()) as Shape<PlainValue>,
        }),
      },
      { required: ['aud'] },
    ),
  ),
  (value) => value as PlainObject,
);

const scalarText = byKind<string | number>('a string or an integer', { text: text(), other: integer() });
const vault = record(
  {
    engine: record({ name: text(), path: text() }, { required: ['name', 'path'] }),
    path: text(),
    field: text(),
  },
  { required: ['engine', 'path', 'field'] },
);
const awsSecret = record(
  {
    secret_id: text({ blank: false }),
    version_id: text(),
    version_stage: text(),
    region: text(),
    role_arn: text(),
    role_session_name: text(),
    field: text(),
  },
  { required: ['secret_id'] },
);

function asPlain(hash: Shape<object>): Shape<PlainValue> {
  return mapped(hash, (value) => value as PlainObject);
}

const providers = {
  vault: byKind<PlainValue>('a hash or a string', { text: text({ blank: false }), map: asPlain(vault) }),
  gcp_secret_manager: asPlain(record({ name: text({ blank: false }), version: scalarText }, { required: ['name'] })),
  azure_key_vault: asPlain(record({ name: text({ blank: false }), version: scalarText }, { required: ['name'] })),
  aws_secrets_manager: byKind<PlainValue>('a hash or a string', {
    text: text({ blank: false }),
    map: asPlain(awsSecret),
  }),
  gitlab_secrets_manager: anything(),
};
const secret = record({ ...providers, file: flag(), token: text() });

const secretSchema: JsonSchema = {
  ...secret.schema,
  anyOf: Object.keys(providers)
    .filter((name) => name !== 'gitlab_secrets_manager')
    .map((name) => ({ required: [name] })),
};

/** `secrets`: each from exactly one provider. */
export const secrets: Shape<PlainObject> = mapped(
  hashOf(shape<PlainObject>('a hash', (node, spot) => readSecret(node as MapNode, spot), secretSchema)),
  (value) => value as PlainObject,
);

function readSecret(node: MapNode, spot: Spot): PlainObject | undefined {
  const value = secret.read(node, spot);
  if (value === undefined) return undefined;
  const used = Object.keys(providers).filter((name) => given(node, name) !== undefined);
  if (used.length !== 1) {
    return spot.fault('required', `must use exactly one of these keys: ${Object.keys(providers).join(', ')}`, node);
  }
  if (used[0] === 'gitlab_secrets_manager') {
    return spot.fault(
      'refused',
      "gitlab_secrets_manager lives in GitLab and is not available; use vault or a cloud's secret manager",
      node,
    );
  }
  if (used[0] === 'gcp_secret_manager' && value.token === undefined) {
    return spot.fault('required', 'config missing required keys: token', node);
  }
  return value;
}

const pagesHash = record({
  publish: text(),
  path_prefix: text(),
  expire_in: text({
    check: (value) =>
      value === 'never' || value.includes('$') || parseDuration(value) !== null
        ? undefined
        : `should be a duration, or \`never\`, not \`${value.slice(0, 100)}\``,
  }),
});

/** `pages`: true, false, or where and for how long. */
export const pages: Shape<boolean | PlainObject> = byKind<boolean | PlainObject>('a boolean value or a hash', {
  other: flag(),
  map: mapped(pagesHash, (value) => value as PlainObject),
});
