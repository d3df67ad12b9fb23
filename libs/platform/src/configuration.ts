import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Environment } from './environment.js';
import { parseFaults } from './fault-points.js';
import type { LogSettings } from './logger.js';
import type { FetchRules } from './public-fetch.js';
import { Secret } from './secret.js';
import { durationMs } from './duration.js';
import { isError } from './is-error.js';

export interface GithubAppSettings {
  readonly id: number;
  readonly slug: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly privateKey: Secret;
  /** Newest first. */
  readonly webhookSecrets: readonly Secret[];
}

export interface GithubSettings {
  /** Without a slash at the end. */
  readonly webUrl: string;
  /** Without a slash at the end. */
  readonly apiUrl: string;
  /** What everything of GitHub's is keyed by: the web address's host, with its port if it names one. */
  readonly host: string;
  /** Null where the App is in the vault, or this process is not told about it. */
  readonly app: GithubAppSettings | null;
  /** Newest first; set also where a process knows the webhook secret and nothing else of the App. */
  readonly webhookSecrets: readonly Secret[];
}

/** All that a process is told from outside; read and checked once at start. */
export class CrosstieConfig {
  /** The public base address, without a slash at the end. */
  readonly url: string;
  /** Null: the embedded database. */
  readonly databaseUrl: Secret | null;
  /** Null: the bus inside the process. */
  readonly natsUrl: string | null;
  /** `file:///dir` or `s3://bucket/prefix?…`; empty: the caller decides. */
  readonly objectStore: string;
  /** `class:keyid:base64key,…`, read by libs/token-vault. */
  readonly encryptionKeys: Secret | null;
  readonly github: GithubSettings;
  readonly log: LogSettings;
  readonly bind: string;
  readonly port: number;
  readonly metricsPort: number;
  /** Where `include:remote` may be fetched from. */
  readonly remoteIncludes: FetchRules;
  readonly jobAckTimeoutMs: number;
  readonly runnerSilenceLimitMs: number;
  /** How long the token of a new runner works, and a rotated one; null: for ever. */
  readonly runnerTokenLifetimeMs: number | null;
  /** How long a job may wait in the queue before it fails as stuck. */
  readonly jobStuckLimitMs: number;
  readonly recoveryIntervalMs: number;
  readonly sweepIntervalMs: number;
  /** Fault points to arm; empty outside of tests. */
  readonly faults: string;
  readonly allowFaults: boolean;

  constructor(values: ConfigValues) {
    Object.assign(this, values);
  }
}

export type ConfigValues = { readonly [Key in keyof CrosstieConfig]: CrosstieConfig[Key] };

/** Every mistake in the configuration at once, a line each that names the variable. */
export class ConfigError extends Error {
  /** What a process ends with: EX_CONFIG. */
  static readonly exitStatus = 78;

  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.name = 'ConfigError';
  }
}

/**
 * Reads the environment. Throws a ConfigError that tells all mistakes.
 *
 * @param defaults what is used for a variable that is not set
 */
export function loadConfig(env: NodeJS.ProcessEnv, defaults: Partial<ConfigValues> = {}): CrosstieConfig {
  const mistakes: string[] = [];
  const checked = plainToInstance(Environment, readVariables(env, mistakes));
  for (const { property, constraints } of validateSync(checked)) {
    mistakes.push(`${property}: ${Object.values(constraints ?? {}).join(', ')}`);
  }
  mistakes.push(...mistakesBetween(checked));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const config = new CrosstieConfig(toValues(checked, defaults));
  if (config.faults !== '') refuseFaultsInEarnest(config);
  return config;
}

/** Runs `load`; a ConfigError is printed, one line for each mistake, and ends the process with status 78. */
export function exitOnConfigError<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(ConfigError.exitStatus);
  }
}

function readVariables(env: NodeJS.ProcessEnv, mistakes: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of Environment.names) {
    const text = env[name];
    const file = env[`${name}_FILE`];
    if (text !== undefined && text !== '') found[name] = text;
    else if (file !== undefined && file !== '') {
      try {
        found[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
      } catch (error) {
        const why = isError(error) && 'code' in error ? String(error.code) : 'unreadable';
        mistakes.push(`${name}_FILE: ${file} cannot be read (${why})`);
      }
    }
  }
  return found;
}

const appVariables = [
  'CROSSTIE_GITHUB_APP_ID',
  'CROSSTIE_GITHUB_APP_SLUG',
  'CROSSTIE_GITHUB_CLIENT_ID',
  'CROSSTIE_GITHUB_CLIENT_SECRET',
  'CROSSTIE_GITHUB_PRIVATE_KEY',
] as const;

function mistakesBetween(env: Environment): string[] {
  const given = appVariables.filter((name) => env[name] !== undefined);
  if (given.length === 0) return [];
  const missing = [...appVariables, 'CROSSTIE_GITHUB_WEBHOOK_SECRET' as const].filter(
    (name) => env[name] === undefined,
  );
  return missing.map((name) => `${name}: is missing, although ${given[0]} is set; set the whole App or nothing of it`);
}

function toValues(env: Environment, defaults: Partial<ConfigValues>): ConfigValues {
  const port = env.CROSSTIE_PORT === undefined ? (defaults.port ?? 8080) : Number(env.CROSSTIE_PORT);
  const secret = (text: string | undefined) => (text === undefined ? null : new Secret(text));
  const duration = (text: string | undefined, fallback: number) => (text === undefined ? fallback : durationMs(text));
  return {
    url: trimSlash(env.CROSSTIE_URL ?? defaults.url ?? `http://localhost:${port}`),
    databaseUrl: secret(env.CROSSTIE_DATABASE_URL) ?? defaults.databaseUrl ?? null,
    natsUrl: env.CROSSTIE_NATS_URL ?? defaults.natsUrl ?? null,
    objectStore: env.CROSSTIE_OBJECT_STORE ?? defaults.objectStore ?? '',
    encryptionKeys: secret(env.CROSSTIE_ENCRYPTION_KEYS) ?? defaults.encryptionKeys ?? null,
    github: toGithub(env, defaults.github),
    log: {
      level: env.CROSSTIE_LOG_LEVEL ?? defaults.log?.level ?? 'info',
      format: env.CROSSTIE_LOG_FORMAT ?? defaults.log?.format ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    },
    bind: env.CROSSTIE_BIND ?? defaults.bind ?? '127.0.0.1',
    port,
    metricsPort:
      env.CROSSTIE_METRICS_PORT === undefined ? (defaults.metricsPort ?? 9464) : Number(env.CROSSTIE_METRICS_PORT),
    remoteIncludes: toFetchRules(env.CROSSTIE_REMOTE_INCLUDES) ?? defaults.remoteIncludes ?? publicOnly,
    jobAckTimeoutMs: duration(env.CROSSTIE_JOB_ACK_TIMEOUT, defaults.jobAckTimeoutMs ?? 120_000),
    runnerSilenceLimitMs: duration(env.CROSSTIE_RUNNER_SILENCE_LIMIT, defaults.runnerSilenceLimitMs ?? 900_000),
    runnerTokenLifetimeMs: env.CROSSTIE_RUNNER_TOKEN_LIFETIME
      ? durationMs(env.CROSSTIE_RUNNER_TOKEN_LIFETIME)
      : (defaults.runnerTokenLifetimeMs ?? null),
    jobStuckLimitMs: duration(env.CROSSTIE_JOB_STUCK_LIMIT, defaults.jobStuckLimitMs ?? 86_400_000),
    recoveryIntervalMs: duration(env.CROSSTIE_RECOVERY_INTERVAL, defaults.recoveryIntervalMs ?? 60_000),
    sweepIntervalMs: duration(env.CROSSTIE_SWEEP_INTERVAL, defaults.sweepIntervalMs ?? 1_000),
    faults: env.CROSSTIE_FAULTS ?? defaults.faults ?? '',
    allowFaults: env.CROSSTIE_ALLOW_FAULTS === 'yes' || (defaults.allowFaults ?? false),
  };
}

const publicOnly: FetchRules = { public: true, hosts: [] };

function toFetchRules(text: string | undefined): FetchRules | undefined {
  const sources = text?.toLowerCase().split(',');
  const names = sources?.map((source) => source.trim()).filter((source) => source !== 'none');
  return names && { public: names.includes('public'), hosts: names.filter((name) => name !== 'public') };
}

function toGithub(env: Environment, defaults: GithubSettings | undefined): GithubSettings {
  const webUrl = trimSlash(env.CROSSTIE_GITHUB_URL ?? defaults?.webUrl ?? 'https://github.com');
  const webhookSecrets = env.CROSSTIE_GITHUB_WEBHOOK_SECRET?.split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => new Secret(text));
  const secrets = webhookSecrets ?? defaults?.webhookSecrets ?? [];
  return {
    webUrl,
    apiUrl: trimSlash(
      env.CROSSTIE_GITHUB_API_URL ?? (env.CROSSTIE_GITHUB_URL ? undefined : defaults?.apiUrl) ?? apiUrlOf(webUrl),
    ),
    host: new URL(webUrl).host,
    app: toApp(env, secrets) ?? defaults?.app ?? null,
    webhookSecrets: secrets,
  };
}

function toApp(env: Environment, webhookSecrets: readonly Secret[]): GithubAppSettings | null {
  if (env.CROSSTIE_GITHUB_APP_ID === undefined) return null;
  return {
    id: Number(env.CROSSTIE_GITHUB_APP_ID),
    slug: env.CROSSTIE_GITHUB_APP_SLUG ?? '',
    clientId: env.CROSSTIE_GITHUB_CLIENT_ID ?? '',
    clientSecret: new Secret(env.CROSSTIE_GITHUB_CLIENT_SECRET ?? ''),
    // One line with `\n` in it is how a key usually gets into an environment variable.
    privateKey: new Secret((env.CROSSTIE_GITHUB_PRIVATE_KEY ?? '').replaceAll('\\n', '\n')),
    webhookSecrets,
  };
}

/** Whether GitHub itself runs it: github.com or a ghe.com tenant; an Enterprise Server differs in some addresses. */
export function isHostedByGithub(host: string): boolean {
  return host === 'github.com' || host.endsWith('.ghe.com');
}

/** Where GitHub's API is by its own rule: github.com, a ghe.com tenant, or an Enterprise Server. */
function apiUrlOf(webUrl: string): string {
  const { protocol, host } = new URL(webUrl);
  if (isHostedByGithub(host)) return `${protocol}//api.${host}`;
  return `${webUrl}/api/v3`;
}

function refuseFaultsInEarnest(config: CrosstieConfig): void {
  if (!config.allowFaults) throw new ConfigError(['CROSSTIE_FAULTS: needs CROSSTIE_ALLOW_FAULTS=yes beside it']);
  const { hostname } = new URL(config.github.webUrl);
  if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
    throw new ConfigError([`CROSSTIE_FAULTS: refused, since GitHub at ${hostname} is not on this machine's loopback`]);
  }
  try {
    parseFaults(config.faults);
  } catch (error) {
    throw new ConfigError([`CROSSTIE_FAULTS: ${isError(error) ? error.message : 'unreadable'}`]);
  }
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
