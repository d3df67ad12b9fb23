import type { CompiledImage, CompiledService, PlainObject } from '@crosstie/ci-config';

import type { JobDefinition } from './job-definition.js';
import type {
  ExecutorOptions,
  PayloadArtifact,
  PayloadCache,
  PayloadHook,
  PayloadImage,
  PayloadService,
  PayloadStep,
} from './job-payload.js';

/** What the runner runs: `before_script` and `script` in one shell, `after_script` in another. */
export function stepsOf(definition: JobDefinition, timeout: number): PayloadStep[] {
  if (definition.run !== undefined) return [];
  const script = [...definition.before_script, ...definition.script];
  const steps: PayloadStep[] = [{ name: 'script', script, timeout, when: 'on_success', allow_failure: false }];
  const after = definition.after_script;
  if (after.length === 0) return steps;
  return [...steps, { name: 'after_script', script: after, timeout, when: 'always', allow_failure: true }];
}

/** What it runs before and beside the steps. */
export function hooksOf({ hooks }: JobDefinition): PayloadHook[] {
  const script = texts(hooks?.['pre_get_sources_script']);
  return script.length === 0 ? [] : [{ name: 'pre_get_sources_script', script }];
}

export function imageOf({ name, entrypoint, pull_policy, docker, kubernetes }: CompiledImage): PayloadImage {
  const options = executorOptions(docker, kubernetes);
  return {
    name,
    ...(entrypoint && { entrypoint }),
    ...(pull_policy && { pull_policy }),
    ...(options && { executor_opts: options }),
  };
}

// A key that the runner does not know fails the job before it starts, so they are copied one by one.
function executorOptions(docker: PlainObject | undefined, kubernetes: PlainObject | undefined): ExecutorOptions | null {
  const [platform, user] = [text(docker?.['platform']), text(docker?.['user'])];
  const podUser = kubernetes?.['user'];
  const options: ExecutorOptions = {};
  if (platform || user) options.docker = { ...(platform && { platform }), ...(user && { user }) };
  if (typeof podUser === 'string' || typeof podUser === 'number') options.kubernetes = { user: podUser };
  return Object.keys(options).length > 0 ? options : null;
}

export function serviceOf(service: CompiledService): PayloadService {
  const variables = Object.entries(service.variables ?? {}).map(([key, value]) => ({
    key,
    value,
    public: true,
    file: false,
    masked: false,
    raw: false,
  }));
  const { alias, command } = service;
  return { ...imageOf(service), ...(alias !== undefined && { alias }), ...(command && { command }), variables };
}

/** The archive and the reports: one upload for each. */
export function artifactsOf({ artifacts }: JobDefinition): PayloadArtifact[] {
  if (artifacts === null) return [];
  const expire_in = text(artifacts['expire_in']);
  return [...archiveOf(artifacts, expire_in), ...reportsOf(artifacts['reports'], expire_in)];
}

function archiveOf(artifacts: PlainObject, expire_in: string): PayloadArtifact[] {
  const paths = texts(artifacts['paths']);
  const untracked = artifacts['untracked'] === true;
  if (paths.length === 0 && !untracked) return [];
  return [
    {
      name: text(artifacts['name']),
      untracked,
      paths,
      exclude: texts(artifacts['exclude']),
      when: text(artifacts['when']) || 'on_success',
      artifact_type: 'archive',
      artifact_format: 'zip',
      expire_in,
    },
  ];
}

/** Reports that are packed; the others come as they are (`ci-language.md` 2.5). */
const gzipped = new Set([
  'junit',
  'dotenv',
  'cobertura',
  'jacoco',
  'metrics',
  'cyclonedx',
  'annotations',
  'repository_xray',
]);

function reportsOf(reports: unknown, expire_in: string): PayloadArtifact[] {
  if (!isHash(reports)) return [];
  return Object.entries(reports).flatMap(([key, given]) => {
    const [type, paths] = key === 'coverage_report' ? coverageReport(given) : [key, oneOrMany(given)];
    if (paths.length === 0) return [];
    const artifact_format = type === 'lsif' ? 'zip' : gzipped.has(type) ? 'gzip' : 'raw';
    const whatever = { untracked: false, exclude: [], when: 'always' };
    return [{ ...whatever, name: type, paths, artifact_type: type, artifact_format, expire_in }];
  });
}

function coverageReport(given: unknown): [string, string[]] {
  return isHash(given) ? [text(given['coverage_format']), oneOrMany(given['path'])] : ['', []];
}

/**
 * The caches, which the runner fetches and puts away itself. What protected branches have put away cannot be
 * overwritten by others: their keys end differently, as in GitLab.
 */
export function cachesOf({ cache }: JobDefinition, isProtected: boolean): PayloadCache[] {
  return cache.map((one) => {
    const ending = isProtected && one['unprotect'] !== true ? 'protected' : 'non_protected';
    const ended = (key: string) => `${key}-${ending}`;
    return {
      key: ended(text(one['key']) || 'default'),
      untracked: one['untracked'] === true,
      policy: text(one['policy']) || 'pull-push',
      paths: texts(one['paths']),
      when: text(one['when']) || 'on_success',
      fallback_keys: texts(one['fallback_keys']).map(ended),
    };
  });
}

function isHash(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function oneOrMany(value: unknown): string[] {
  return typeof value === 'string' ? [value] : texts(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
