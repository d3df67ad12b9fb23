import { stageOf } from '../check/logical.js';
import type { PlainObject } from '../contract.js';
import type { Instances, JobInstance } from '../expand/instances.js';
import type { Need } from '../shape/keywords/needs.js';
import type { Configuration } from '../shape/root.js';
import { written } from './written.js';

/** A job as it is written, whatever its rules decide: what a check without a branch can say of it. */
export interface WrittenJob {
  name: string;
  stage: string;
  before_script: string[];
  script: string[];
  after_script: string[];
  tags: string[];
  when: string;
  allow_failure: boolean;
  environment: string | null;
  /** As written, or what GitLab assumes where nothing filters. */
  only: unknown;
  except: unknown;
  needs: { name: string; artifacts: boolean; optional: boolean }[] | null;
}

/** Every job of a configuration, cells of `parallel` one by one, in the order of stages. */
export function writtenJobs(configuration: Configuration, instances: Instances): WrittenJob[] {
  const position = new Map(configuration.stages.map((stage, index) => [stage, index]));
  return [...instances.byName.values()]
    .map((instance) => toWritten(instance, configuration))
    .sort((a, b) => (position.get(a.stage) ?? 0) - (position.get(b.stage) ?? 0));
}

function toWritten({ definition, name }: JobInstance, configuration: Configuration): WrittenJob {
  const { values, node } = definition;
  const key = (keyword: string): unknown => {
    const entry = node.entries.get(keyword);
    return entry ? written(entry.value) : null;
  };
  const only = key('only');
  const isFiltered = only !== null || key('except') !== null || definition.hasRules || configuration.workflow.hasRules;
  return {
    name,
    stage: stageOf(definition),
    before_script: values.before_script ?? [],
    script: values.script ?? [],
    after_script: values.after_script ?? [],
    tags: values.tags ?? [],
    when: values.when ?? 'on_success',
    allow_failure: (values.allow_failure ?? values.when === 'manual') === true,
    environment: environmentOf(values.environment),
    only: isFiltered ? only : { refs: ['branches', 'tags'] },
    except: key('except'),
    needs: values.needs ? values.needs.flatMap(toNeed) : null,
  };
}

function environmentOf(environment: PlainObject | undefined): string | null {
  const name = environment?.['name'];
  return typeof name === 'string' ? name : null;
}

function toNeed(need: Need): { name: string; artifacts: boolean; optional: boolean }[] {
  return need.kind === 'job' ? [{ name: need.job, artifacts: need.artifacts, optional: need.optional }] : [];
}
