import { limits } from '../../limits.js';
import { scriptLines } from '../flatten.js';
import { anything } from '../plain-value.js';
import { byKind, flag, list, oneOf, record, text, texts, type Read, type Shape } from '../shape.js';
import { jobVariables } from '../variables.js';
import { artifacts } from './artifacts.js';
import { caches } from './caches.js';
import { environment, idTokens, pages, release, resourceGroup, secrets } from './deployment.js';
import { duration } from './durations.js';
import { image, serviceList, tags } from './images.js';
import { jobInputs } from './job-inputs.js';
import { jobNeeds } from './needs.js';
import { allowFailure, coverage, retry } from './outcome.js';
import { parallel } from './parallel.js';
import { policy } from './policies.js';
import { jobRules } from './rules.js';
import { runSteps } from './run-steps.js';
import { trigger } from './trigger.js';

/**
 * One keyword of a job: what it may be, where it may stand, and a line on what it does. Validation
 * comes from these descriptions; adding a keyword is adding one, and using its value where jobs are
 * made.
 */
export interface Keyword<T> {
  readonly doc: string;
  readonly shape: Shape<T>;
  /** May stand in `default`. */
  readonly inDefault?: true;
  /** May stand in a job with `trigger`. */
  readonly inTrigger?: true;
  /** Why Crosstie cannot have it, and what to write instead. */
  readonly refused?: string;
}

function keyword<T>(doc: string, shape: Shape<T>, places: Omit<Keyword<T>, 'doc' | 'shape'> = {}): Keyword<T> {
  return { doc, shape, ...places };
}

const both = { inDefault: true } as const;
const inTrigger = { inTrigger: true } as const;

export const defaultKeyNames = [
  'after_script',
  'artifacts',
  'before_script',
  'cache',
  'hooks',
  'id_tokens',
  'identity',
  'image',
  'interruptible',
  'retry',
  'services',
  'tags',
  'timeout',
] as const;

const inherit = record({
  default: byKind<boolean | string[]>('a boolean value or an array of strings', {
    other: flag(),
    list: list(oneOf(...defaultKeyNames)) as Shape<boolean | string[]>,
  }),
  variables: byKind<boolean | string[]>('a boolean value or an array of strings', {
    other: flag(),
    list: texts(),
  }),
});

export const jobKeywords = {
  after_script: keyword(
    'Commands that run after the script, whatever became of it.',
    scriptLines({ blank: true }),
    both,
  ),
  allow_failure: keyword('Whether the pipeline goes on when the job fails.', allowFailure, inTrigger),
  artifacts: keyword('Files to keep, and reports to show.', artifacts, both),
  before_script: keyword('Commands that run before the script, in the same shell.', scriptLines({ blank: true }), both),
  cache: keyword('Files to keep between runs of jobs.', caches, both),
  coverage: keyword('A pattern that finds the coverage in the log.', coverage),
  dast_configuration: keyword('Profiles of the DAST scanner.', anything(), {
    refused: 'its profiles live in GitLab; set the DAST_ variables of the job instead',
  }),
  dependencies: keyword('Jobs whose artifacts are fetched.', texts()),
  environment: keyword('Where the job deploys to.', environment, inTrigger),
  except: keyword('When the job is left out.', policy, inTrigger),
  extends: keyword('Jobs whose configuration is taken over.', anything(), inTrigger),
  hooks: keyword(
    'Commands at set moments of a job.',
    record({ pre_get_sources_script: scriptLines({ blank: true }) }),
    both,
  ),
  id_tokens: keyword('Tokens that prove to others which job this is.', idTokens, both),
  identity: keyword('A cloud identity of GitLab.com.', anything(), {
    ...both,
    refused: "it is GitLab.com's Google integration; write `id_tokens` and exchange the token in the script",
  }),
  image: keyword('The container image of the job.', image, both),
  inherit: keyword('Which defaults and variables the job takes over.', inherit, inTrigger),
  inputs: keyword('Values that may be given when the job is started.', jobInputs),
  interruptible: keyword('Whether a newer pipeline may cancel the job.', flag(), { ...both, ...inTrigger }),
  manual_confirmation: keyword('What a person is asked before a manual job starts.', text()),
  needs: keyword('Jobs that must have passed before this one starts.', jobNeeds, inTrigger),
  only: keyword('When the job is part of the pipeline.', policy, inTrigger),
  pages: keyword('Publishes the artifacts as a site.', pages),
  parallel: keyword('How many instances of the job there are.', parallel, inTrigger),
  publish: keyword('The folder that a pages job publishes.', text()),
  release: keyword('A release to make after the script.', release),
  resource_group: keyword('Lets only one job of the group run at a time.', resourceGroup, inTrigger),
  retry: keyword('How often a failed job is tried again, and for what.', retry, both),
  rules: keyword('Decides whether and how the job is part of the pipeline.', jobRules, inTrigger),
  run: keyword('Steps in place of a script.', runSteps),
  script: keyword('The commands of the job.', scriptLines({ blank: false })),
  secrets: keyword('Secrets from outside.', secrets),
  services: keyword('Containers that run beside the job.', serviceList, both),
  stage: keyword('The stage of the job.', text({ blank: false }), inTrigger),
  start_in: keyword('How long a delayed job waits.', duration(limits.startInSeconds)),
  tags: keyword('What a runner must have to take the job.', tags, both),
  timeout: keyword('How long the job may run.', duration(limits.timeoutSeconds), both),
  trigger: keyword('Starts a pipeline in place of a script.', trigger, inTrigger),
  variables: keyword('Variables of the job.', jobVariables, inTrigger),
  when: keyword(
    'Under which condition the job starts.',
    oneOf('on_success', 'on_failure', 'always', 'manual', 'delayed'),
    inTrigger,
  ),
} satisfies Record<string, Keyword<unknown>>;

export type JobKey = keyof typeof jobKeywords;
export type JobValues = { [K in JobKey]?: Read<(typeof jobKeywords)[K]['shape']> };
export type DefaultKey = (typeof defaultKeyNames)[number];

export const jobKeyNames = Object.keys(jobKeywords) as JobKey[];
export const triggerKeyNames = jobKeyNames.filter((name) => 'inTrigger' in jobKeywords[name]);

export function isJobKey(name: string): name is JobKey {
  return Object.hasOwn(jobKeywords, name);
}
