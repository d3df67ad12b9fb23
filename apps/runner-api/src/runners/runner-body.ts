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

const featuresMax = 200;
const featureSetsMax = 200;
const featureSets = new Map<string, ReadonlySet<string>>();

/** Takes what has the right type and leaves the rest out; never throws. */
export function readRunnerBody(body: unknown): RunnerBody {
  const fields = asObject(body);
  const info = asObject(fields['info']);
  return {
    token: text(fields['token']),
    systemId: text(fields['system_id'])?.slice(0, 64) ?? '',
    lastUpdate: text(fields['last_update']),
    info: {
      version: word(info['version']),
      revision: word(info['revision']),
      platform: word(info['platform']),
      architecture: word(info['architecture']),
      executor: word(info['executor']),
      features: featuresOf(asObject(info['features'])),
    },
  };
}

/** An object to read fields from; nothing else has any. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : Object.freeze({});
}

function featuresOf(features: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const on = Object.entries(features).filter(([name, value]) => value === true && name.length <= 64);
  const names = on.slice(0, featuresMax).map(([name]) => name);
  return sharedSet(names.sort());
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

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

// PostgreSQL's text has no NUL.
function word(value: unknown): string | null {
  return text(value)?.replaceAll('\0', '').slice(0, 100) ?? null;
}
