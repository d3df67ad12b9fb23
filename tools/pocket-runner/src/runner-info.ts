import { arch, platform } from 'node:os';

const SUPPORTED = [
  'variables',
  'artifacts',
  'masking',
  'raw_variables',
  'refspecs',
  'shared',
  'upload_multiple_artifacts',
  'upload_raw_artifacts',
  'artifacts_exclude',
  'multi_build_steps',
  'return_exit_code',
  'trace_reset',
  'trace_checksum',
  'trace_size',
  'cancelable',
  'cancel_gracefully',
  'two_phase_job_commit',
  'cache',
  'fallback_cache_keys',
];
const UNSUPPORTED = ['image', 'services', 'service_variables', 'session', 'terminal'];

/** The `info` object: what this runner is and what it can do. */
export function runnerInfo(): Record<string, unknown> {
  const features: Record<string, boolean> = {};
  for (const feature of SUPPORTED) features[feature] = true;
  for (const feature of UNSUPPORTED) features[feature] = false;
  return {
    name: 'pocket-runner',
    version: '0.1.0',
    revision: 'pocket',
    platform: platform(),
    architecture: arch(),
    executor: 'shell',
    shell: 'bash',
    features,
  };
}

/** The nine characters after the prefix of a runner token, which name its directories. */
export function shortTokenOf(token: string): string {
  return (
    token
      .replace(/^(glrt-(t[1-3]_)?|glrtr-|glcbt-)/, '')
      .slice(0, 9)
      .replace(/\W/g, '_') || 'runner'
  );
}
