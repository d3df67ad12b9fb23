import type { JobPayload } from './job-payload.js';

/** What a payload may ask of a runner beyond what each of them can, with the words of people for it. */
const asked: readonly [feature: string, what: string, needs: (payload: JobPayload) => boolean][] = [
  ['native_steps_integration', 'run', ({ run }) => run !== undefined],
  ['artifacts_exclude', 'artifacts:exclude', ({ artifacts }) => artifacts.some(({ exclude }) => exclude.length > 0)],
  ['upload_multiple_artifacts', 'artifacts:reports', ({ artifacts }) => artifacts.length > 1],
  [
    'upload_raw_artifacts',
    'artifacts:reports',
    ({ artifacts }) => artifacts.some((each) => each.artifact_format !== 'zip'),
  ],
  ['fallback_cache_keys', 'cache:fallback_keys', ({ cache }) => cache.some((each) => each.fallback_keys.length > 0)],
  ['multi_build_steps', 'release', ({ steps }) => steps.some(({ name }) => !/^(after_)?script$/.test(name))],
];

/**
 * What this job needs and a runner says it cannot, in words for people; null where it can run it. A runner that would
 * leave such a part out without a word must not be given the job.
 */
export function missingFeature(payload: JobPayload, features: ReadonlySet<string>): string | null {
  const missing = asked.find(([feature, , needs]) => !features.has(feature) && needs(payload));
  return missing ? `${missing[1]} (the feature ${missing[0]})` : null;
}
