import { BadRequest } from '@crosstie/platform';

/** What runners send in the bodies of their calls; read by hand, since `info` is theirs to grow. */
export interface RunnerBody {
  token: string | null;
  systemId: string;
  lastUpdate: string | null;
  info: RunnerInfo;
}

export interface RunnerInfo {
  version: string | null;
  revision: string | null;
  platform: string | null;
  architecture: string | null;
  executor: string | null;
  features: ReadonlySet<string>;
}

type Fields = Readonly<Record<string, unknown>>;

const featuresMax = 200;
const featureSetsMax = 200;
const featureSets = new Map<string, ReadonlySet<string>>();
const tokenCharactersMax = 1_000;
const systemIdCharactersMax = 64;
const wordCharactersMax = 255;

/**
 * Reads the fields that are used and leaves the rest alone. What is absent or null is not there. Throws BadRequest,
 * with the name of the field, for one of another type or size.
 */
export function readRunnerBody(body: unknown): RunnerBody {
  const fields = objectIn({ body }, 'body', '');
  const info = objectIn(fields, 'info');
  const word = (name: string) => textIn(info, name, wordCharactersMax, 'info.')?.replaceAll('\0', '') ?? null;
  return {
    token: textIn(fields, 'token', tokenCharactersMax),
    systemId: textIn(fields, 'system_id', systemIdCharactersMax) ?? '',
    lastUpdate: textIn(fields, 'last_update', wordCharactersMax),
    info: {
      version: word('version'),
      revision: word('revision'),
      platform: word('platform'),
      architecture: word('architecture'),
      executor: word('executor'),
      features: featuresOf(objectIn(info, 'features', 'info.')),
    },
  };
}

/** An object among some fields; empty where it is absent. Throws BadRequest for anything else. */
export function objectIn(fields: Fields, name: string, within = ''): Fields {
  const value = fields[name];
  if (value === undefined || value === null) return Object.freeze({});
  if (typeof value !== 'object' || Array.isArray(value)) throw new BadRequest(`${within}${name} is not an object`);
  return value as Fields;
}

/** A text among some fields; null where it is absent or empty. Throws BadRequest for anything else. */
export function textIn(fields: Fields, name: string, charactersMax: number, within = ''): string | null {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') throw new BadRequest(`${within}${name} is not a text`);
  if (value.length > charactersMax) {
    throw new BadRequest(`${within}${name} is longer than ${charactersMax} characters`);
  }
  return value;
}

/** A whole number among some fields; null where it is absent. Throws BadRequest for anything else. */
export function integerIn(fields: Fields, name: string, least: number, most: number, within = ''): number | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new BadRequest(`${within}${name} is not a whole number from ${least} to ${most}`);
}

function featuresOf(features: Fields): ReadonlySet<string> {
  const known = Object.entries(features).filter(([name]) => name.length <= wordCharactersMax);
  for (const [name, value] of known) {
    if (typeof value !== 'boolean' && value !== null && isUsed(name)) {
      throw new BadRequest(`info.features.${name} is not true or false`);
    }
  }
  const names = known.filter(([, value]) => value === true).map(([name]) => name);
  return sharedSet(names.slice(0, featuresMax).sort());
}

/** Those that decide what a runner is given and how it is spoken to. What is new may have any shape. */
function isUsed(name: string): boolean {
  return /^(two_phase_job_commit|trace_reset|cancel_gracefully|artifacts_exclude|upload_\w+|fallback_cache_keys|multi_build_steps)$/.test(
    name,
  );
}

/** Runners of one version say the same; a held request keeps what was said, so it is kept once for all of them. */
function sharedSet(names: readonly string[]): ReadonlySet<string> {
  const key = names.join('\n');
  const known = featureSets.get(key);
  if (known) return known;
  if (featureSets.size >= featureSetsMax) featureSets.clear();
  const set = new Set(names);
  featureSets.set(key, set);
  return set;
}
