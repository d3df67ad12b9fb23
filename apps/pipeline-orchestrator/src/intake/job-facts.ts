import { createHash } from 'node:crypto';

import { type CompiledJob, expandNested, guessTier, parseDuration, type PlainObject } from '@crosstie/ci-config';

import type { JobVariable } from './job-variables.js';

/** The environment that a job works on, as its rows and its variables have it. */
export interface JobEnvironment {
  readonly name: string;
  readonly slug: string;
  readonly tier: string;
  readonly action: string;
  /** As it is known before the job has run; null where there is none. */
  readonly url: string | null;
  /** The job that stops it. */
  readonly onStop: string | null;
  /** So many seconds after the job it is stopped; null: never. */
  readonly stopsS: number | null;
}

/** What the server works out of a job, because its parts may hold variables that the runner does not expand. */
export interface JobFacts {
  readonly environment: JobEnvironment | null;
  readonly resourceGroup: string | null;
  /** Of the environment: they win over all others. */
  readonly variables: readonly JobVariable[];
}

const nameMax = 255;

/**
 * Works them out.
 *
 * @param variables all that are known of the job, the weakest first
 */
export function jobFacts(
  job: Pick<CompiledJob, 'environment' | 'resource_group'>,
  variables: readonly JobVariable[],
): JobFacts {
  // Most jobs have none of it, and making the map for each of a thousand would be felt.
  if (job.environment === null && job.resource_group === null) return none;
  const known = new Map(variables.map((variable) => [variable.key, variable]));
  const environment = job.environment && environmentOf(job.environment, known);
  const made = environment ? environmentVariables(environment) : [];
  for (const variable of made) known.set(variable.key, variable);
  const group = job.resource_group === null ? '' : expanded(job.resource_group, known);
  return { environment, resourceGroup: group === '' ? null : group.slice(0, nameMax), variables: made };
}

const none: JobFacts = { environment: null, resourceGroup: null, variables: [] };

type Known = ReadonlyMap<string, JobVariable>;

function expanded(text: string, known: Known): string {
  return expandNested(text, (name) => known.get(name), 'empty');
}

function environmentOf(written: PlainObject, known: Known): JobEnvironment | null {
  const text = (key: string, seen = known): string => {
    const value = written[key];
    return typeof value === 'string' ? expanded(value, seen).slice(0, nameMax) : '';
  };
  const name = text('name');
  if (name === '') return null;
  const environment = {
    name,
    slug: environmentSlug(name),
    tier: text('deployment_tier') || guessTier(name),
    action: text('action') || 'start',
    url: null,
    onStop: typeof written['on_stop'] === 'string' ? written['on_stop'] : null,
    stopsS: parseDuration(text('auto_stop_in')),
  };
  const withOwn = new Map([...known, ...environmentVariables(environment).map((one) => [one.key, one] as const)]);
  return { ...environment, url: text('url', withOwn) || null };
}

function environmentVariables({
  name,
  slug,
  tier,
  action,
  url,
}: Omit<JobEnvironment, 'onStop' | 'stopsS'>): JobVariable[] {
  const values = {
    CI_ENVIRONMENT_NAME: name,
    CI_ENVIRONMENT_SLUG: slug,
    CI_ENVIRONMENT_TIER: tier,
    CI_ENVIRONMENT_ACTION: action,
    ...(url === null ? {} : { CI_ENVIRONMENT_URL: url }),
  };
  const plain = { public: true, masked: false, raw: true, file: false };
  return Object.entries(values).map(([key, value]) => ({ key, value, ...plain }));
}

const slugMax = 24;

/**
 * An environment's name as part of a host name: at most 24 of `a-z0-9-`, a letter first. What is not the name
 * itself gets an ending made of the name's hash, as in GitLab, so that two names do not become one.
 */
export function environmentSlug(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '-');
  const slug = (/^[a-z]/.test(plain) ? plain : `env-${plain}`).replace(/-+/g, '-');
  if (slug.length <= slugMax && slug === name) return slug.replace(/-$/, '');
  const hash = BigInt(`0x${createHash('sha256').update(name).digest('hex')}`)
    .toString(36)
    .slice(-6);
  const short = slug.slice(0, slugMax - 7);
  return `${short}${short.endsWith('-') ? '' : '-'}${hash}`;
}
