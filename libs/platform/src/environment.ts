import { IsIn, IsOptional, Matches, ValidateBy } from 'class-validator';
import { durationMs } from './duration.js';
import type { LogLevel } from './logger.js';

function holds(name: string, test: (text: string) => boolean, sentence: string): PropertyDecorator {
  return ValidateBy({
    name,
    validator: { validate: (value) => typeof value === 'string' && test(value), defaultMessage: () => sentence },
  });
}

const IsAddress = (protocols: readonly string[], example: string) =>
  holds(
    'isAddress',
    (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
    `must be an address such as ${example}`,
  );
const IsWebAddress = () => IsAddress(['http:', 'https:'], 'https://ci.example.com');
const IsPort = () =>
  holds('isPort', (text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, 'must be a port, 0 to 65535');
const IsWait = () =>
  holds('isWait', (text) => durationMs(text) >= 1_000, 'must be a time of at least 1s, such as 30s, 2m or 1h');
const IsFilled = () => holds('isFilled', (text) => text.trim() !== '', 'must not be empty');
// 32 bytes in base64 are 43 characters and a filler.
const keyText = /^(hook|app|users|leases|variables|oidc):[\w.-]+:[A-Za-z0-9+/_-]{43}=?$/;
const IsKeyList = () =>
  holds(
    'isKeyList',
    (text) => text.split(',').every((key) => keyText.test(key.trim())),
    'must be class:keyid:base64key[,…] with keys of 32 bytes and the classes hook, app, users, leases, variables, oidc',
  );

const includeSource = /^(?:public|none|[a-z0-9.-]+(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?)$/i;
const IsIncludeSources = () =>
  holds(
    'isIncludeSources',
    (text) => text.split(',').every((source) => includeSource.test(source.trim())),
    'must be none, or a list of public and host names, such as public,templates.example.com:8443',
  );

/** The variables as they come, each with its rule. What is absent has a default or is told apart later. */
export class Environment {
  @IsOptional() @IsWebAddress() CROSSTIE_URL?: string;
  @IsOptional()
  @IsAddress(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/name')
  CROSSTIE_DATABASE_URL?: string;
  @IsOptional() @IsAddress(['nats:', 'tls:'], 'nats://host:4222') CROSSTIE_NATS_URL?: string;
  @IsOptional() @IsAddress(['file:', 's3:'], 'file:///dir or s3://bucket/prefix') CROSSTIE_OBJECT_STORE?: string;
  @IsOptional() @IsKeyList() CROSSTIE_ENCRYPTION_KEYS?: string;
  @IsOptional() @IsWebAddress() CROSSTIE_GITHUB_URL?: string;
  @IsOptional() @IsWebAddress() CROSSTIE_GITHUB_API_URL?: string;
  @IsOptional()
  @Matches(/^[1-9]\d{0,14}$/, { message: 'must be the App id, a number' })
  CROSSTIE_GITHUB_APP_ID?: string;
  @IsOptional()
  @Matches(/^[A-Za-z0-9-]+$/, { message: "must be the App's name in its address, letters, digits and hyphens" })
  CROSSTIE_GITHUB_APP_SLUG?: string;
  @IsOptional() @IsFilled() CROSSTIE_GITHUB_CLIENT_ID?: string;
  @IsOptional() @IsFilled() CROSSTIE_GITHUB_CLIENT_SECRET?: string;
  @IsOptional()
  @Matches(/^-----BEGIN [A-Z ]*PRIVATE KEY-----/, { message: 'must be a private key in PEM form' })
  CROSSTIE_GITHUB_PRIVATE_KEY?: string;
  @IsOptional() @IsFilled() CROSSTIE_GITHUB_WEBHOOK_SECRET?: string;
  @IsOptional()
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    message: 'must be trace, debug, info, warn, error, fatal or silent',
  })
  CROSSTIE_LOG_LEVEL?: LogLevel;
  @IsOptional() @IsIn(['json', 'pretty'], { message: 'must be json or pretty' }) CROSSTIE_LOG_FORMAT?:
    | 'json'
    | 'pretty';
  @IsOptional() @IsFilled() CROSSTIE_BIND?: string;
  @IsOptional() @IsPort() CROSSTIE_PORT?: string;
  @IsOptional() @IsPort() CROSSTIE_METRICS_PORT?: string;
  @IsOptional() @IsIncludeSources() CROSSTIE_REMOTE_INCLUDES?: string;
  @IsOptional() @IsWait() CROSSTIE_JOB_ACK_TIMEOUT?: string;
  @IsOptional() @IsWait() CROSSTIE_RUNNER_SILENCE_LIMIT?: string;
  @IsOptional() @IsWait() CROSSTIE_RUNNER_TOKEN_LIFETIME?: string;
  @IsOptional() @IsWait() CROSSTIE_JOB_STUCK_LIMIT?: string;
  @IsOptional() @IsWait() CROSSTIE_RECOVERY_INTERVAL?: string;
  @IsOptional() @IsWait() CROSSTIE_SWEEP_INTERVAL?: string;
  @IsOptional() @IsFilled() CROSSTIE_FAULTS?: string;
  @IsOptional() @IsIn(['yes', 'no'], { message: 'must be yes or no' }) CROSSTIE_ALLOW_FAULTS?: string;

  static readonly names = [
    'CROSSTIE_URL',
    'CROSSTIE_DATABASE_URL',
    'CROSSTIE_NATS_URL',
    'CROSSTIE_OBJECT_STORE',
    'CROSSTIE_ENCRYPTION_KEYS',
    'CROSSTIE_GITHUB_URL',
    'CROSSTIE_GITHUB_API_URL',
    'CROSSTIE_GITHUB_APP_ID',
    'CROSSTIE_GITHUB_APP_SLUG',
    'CROSSTIE_GITHUB_CLIENT_ID',
    'CROSSTIE_GITHUB_CLIENT_SECRET',
    'CROSSTIE_GITHUB_PRIVATE_KEY',
    'CROSSTIE_GITHUB_WEBHOOK_SECRET',
    'CROSSTIE_LOG_LEVEL',
    'CROSSTIE_LOG_FORMAT',
    'CROSSTIE_BIND',
    'CROSSTIE_PORT',
    'CROSSTIE_METRICS_PORT',
    'CROSSTIE_REMOTE_INCLUDES',
    'CROSSTIE_JOB_ACK_TIMEOUT',
    'CROSSTIE_RUNNER_SILENCE_LIMIT',
    'CROSSTIE_RUNNER_TOKEN_LIFETIME',
    'CROSSTIE_JOB_STUCK_LIMIT',
    'CROSSTIE_RECOVERY_INTERVAL',
    'CROSSTIE_SWEEP_INTERVAL',
    'CROSSTIE_FAULTS',
    'CROSSTIE_ALLOW_FAULTS',
  ] as const satisfies readonly (keyof Environment)[];
}
