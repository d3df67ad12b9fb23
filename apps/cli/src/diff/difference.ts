import type { CompileAnswer, CompileContext, CompiledJob } from '@crosstie/ci-config';

/** What two configurations make of one context. */
export interface Difference {
  context: CompileContext;
  /** Sentences about the pipelines as a whole: one is invalid, or not created. */
  pipeline: string[];
  added: string[];
  removed: string[];
  changed: { job: string; fields: FieldChange[] }[];
}

interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
}

/** Compares the answers of two configurations to the same context. */
export function compare(context: CompileContext, before: CompileAnswer, after: CompileAnswer): Difference {
  const older = new Map(before.jobs.map((job) => [job.name, job]));
  const newer = new Map(after.jobs.map((job) => [job.name, job]));
  const changed = [...newer].flatMap(([name, job]) => {
    const fields = changedFields(older.get(name) ?? job, job);
    return fields.length === 0 ? [] : [{ job: name, fields }];
  });
  return {
    context,
    pipeline: pipelineChanges(before, after),
    added: [...newer.keys()].filter((name) => !older.has(name)),
    removed: [...older.keys()].filter((name) => !newer.has(name)),
    changed,
  };
}

/** Whether anything comes, goes or changes. */
export function differs({ pipeline, added, removed, changed }: Difference): boolean {
  return pipeline.length + added.length + removed.length + changed.length > 0;
}

function pipelineChanges(before: CompileAnswer, after: CompileAnswer): string[] {
  const [was, is] = [state(before), state(after)];
  const sentences = was === is ? [] : [`the pipeline was ${was} and is ${is}`];
  if (before.name !== after.name)
    sentences.push(`its name was ${before.name ?? 'none'} and is ${after.name ?? 'none'}`);
  return sentences;
}

function state({ valid, created, errors, reason }: CompileAnswer): string {
  if (!valid) return `invalid (${errors[0]?.message ?? ''})`;
  return created ? 'made' : `not made (${reason ?? ''})`;
}

function changedFields(before: CompiledJob, after: CompiledJob): FieldChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof CompiledJob)[]);
  return [...keys]
    .filter((key) => ordered(before[key]) !== ordered(after[key]))
    .map((key) => ({ field: key, before: before[key] ?? null, after: after[key] ?? null }));
}

/** JSON with the keys of hashes in order, so that only values count. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

/** All differences for people; what several contexts have in common is said once. */
export function differencesText(differences: readonly Difference[]): string {
  const heads = new Map<string, string[]>();
  for (const difference of differences) {
    const text = changesText(difference);
    heads.set(text, [...(heads.get(text) ?? []), contextText(difference.context)]);
  }
  return [...heads].map(([text, contexts]) => `${contexts.join('\n')}:${text}`).join('');
}

function contextText({ source = 'push', ref = 'main', ref_type: kind = 'branch' }: Difference['context']): string {
  return `${source} of the ${kind} ${ref}`;
}

function changesText(difference: Difference): string {
  if (!differs(difference)) return ' no change\n';
  const lines = [
    ...difference.pipeline.map((sentence) => `  ! ${sentence}`),
    ...difference.removed.map((name) => `  - ${name}`),
    ...difference.added.map((name) => `  + ${name}`),
    ...difference.changed.flatMap(({ job, fields }) => [`  ~ ${job}`, ...fields.map(fieldText)]),
  ];
  return `\n${lines.join('\n')}\n`;
}

function fieldText({ field, before, after }: FieldChange): string {
  return `      ${field}: ${short(before)} → ${short(after)}`;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}
