import { expandNested } from '../variables/expand-text.js';
import type { JobInstance } from '../expand/instances.js';
import { layer, type Scope, type Variable } from '../variables/scope.js';

/** What is predefined for a job because of its `environment`; null without one. */
export function environmentFacts(instance: JobInstance, scope: Scope): ReadonlyMap<string, Variable> | null {
  const { environment } = instance.definition.values;
  const name = environment?.['name'];
  if (typeof name !== 'string') return null;
  const action = typeof environment?.['action'] === 'string' ? environment['action'] : 'start';
  const facts: [string, string][] = [
    ['CI_ENVIRONMENT_NAME', expandNested(name, scope.find, 'empty')],
    ['CI_ENVIRONMENT_ACTION', action],
  ];
  const text = (key: string) => {
    const written = environment?.[key];
    return typeof written === 'string' ? expandNested(written, scope.find, 'empty') : '';
  };
  facts.push(['CI_ENVIRONMENT_TIER', text('deployment_tier') || guessTier(text('name'))]);
  if (text('url') !== '') facts.push(['CI_ENVIRONMENT_URL', text('url')]);
  return layer(new Map(facts));
}

const TIERS_BY_NAME: readonly [RegExp, string][] = [
  [/dev|review|trunk/i, 'development'],
  [/te?st|int|ac(?:ce)?pt|qa|qc|control|quality/i, 'testing'],
  [/sta?g|mode?l|pre|demo|non/i, 'staging'],
  [/pro?d|live/i, 'production'],
];

/** The tier that an environment's name speaks of. */
export function guessTier(name: string): string {
  return TIERS_BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}
