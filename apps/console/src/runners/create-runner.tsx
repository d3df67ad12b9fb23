import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { projectsQuery } from '../api/queries.js';
import { postJson } from '../api/request.js';
import { Button } from '../kit/button.js';
import { Notice, Panel } from '../kit/panel.js';
import { words } from '../words.js';

interface CreatedRunner {
  readonly id: number;
  readonly token: string;
}

const field = 'rounded-md border border-line bg-panel px-2.5 py-1.5 text-sm';

/** The form, and after it the token: this once. */
export function CreateRunner({ isAdmin, onClose }: { isAdmin: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const create = useMutation({
    mutationFn: (form: Record<string, unknown>) => postJson<CreatedRunner>('/api/v4/user/runners', form),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['runners'] }),
  });
  return (
    <Panel className="mb-4 p-5">
      {create.data ? (
        <TokenOnce runner={create.data} onClose={onClose} />
      ) : (
        <RunnerForm
          isAdmin={isAdmin}
          busy={create.isPending}
          onSubmit={(form) => create.mutate(form)}
          onClose={onClose}
        />
      )}
      {create.isError ? (
        <div className="mt-3">
          <Notice tone="bad" alert>
            {create.error.message}
          </Notice>
        </div>
      ) : null}
    </Panel>
  );
}

function RunnerForm({
  isAdmin,
  busy,
  onSubmit,
  onClose,
}: {
  isAdmin: boolean;
  busy: boolean;
  onSubmit: (form: Record<string, unknown>) => void;
  onClose: () => void;
}) {
  const [type, setType] = useState(isAdmin ? 'instance_type' : 'project_type');
  const projects = useInfiniteQuery(projectsQuery(''));
  const choices = projects.data?.pages.flatMap((page) => page.items) ?? [];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const entry = (name: string) => {
      const value = form.get(name);
      return typeof value === 'string' ? value : '';
    };
    onSubmit({
      runner_type: type,
      ...(type === 'project_type' ? { project_id: Number(entry('project_id')) } : {}),
      description: entry('description'),
      tag_list: entry('tag_list'),
      run_untagged: form.has('run_untagged'),
    });
  };
  return (
    <form onSubmit={submit} className="grid max-w-xl gap-4">
      <h2 className="font-medium">{words.runners.create}</h2>
      <label className="grid gap-1 text-sm">
        {words.runners.type}
        <select value={type} onChange={(event) => setType(event.target.value)} className={field}>
          {isAdmin ? <option value="instance_type">{words.runners.types['instance_type']}</option> : null}
          <option value="project_type">{words.runners.types['project_type']}</option>
        </select>
      </label>
      {type === 'project_type' ? (
        <label className="grid gap-1 text-sm">
          {words.projects.columns.project}
          <select name="project_id" required className={field}>
            {choices.map((project) => (
              <option key={project.id} value={project.id}>
                {project.path_with_namespace}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <label className="grid gap-1 text-sm">
        {words.runners.description}
        <input name="description" maxLength={200} className={field} />
        <span className="text-xs text-soft">{words.runners.descriptionHint}</span>
      </label>
      <label className="grid gap-1 text-sm">
        {words.runners.tags}
        <input name="tag_list" className={field} />
        <span className="text-xs text-soft">{words.runners.tagsHint}</span>
      </label>
      <label className="flex items-center gap-2 text-sm">
        <input type="checkbox" name="run_untagged" defaultChecked />
        {words.runners.untagged}
      </label>
      <div className="flex gap-2">
        <Button type="submit" look="main" disabled={busy}>
          {words.runners.create}
        </Button>
        <Button onClick={onClose}>{words.cancelDialog}</Button>
      </div>
    </form>
  );
}

function TokenOnce({ runner, onClose }: { runner: CreatedRunner; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(runner.token);
    setCopied(true);
  };
  const command = [
    'gitlab-runner register --non-interactive \\',
    `  --url ${window.location.origin} \\`,
    `  --token ${runner.token} \\`,
    '  --executor docker --docker-image alpine:latest',
  ].join('\n');
  return (
    <div className="grid max-w-2xl gap-3">
      <h2 className="font-medium">
        {words.runners.made} <span className="text-soft">#{runner.id}</span>
      </h2>
      <Notice tone="warn">{words.runners.once}</Notice>
      <div className="flex items-center gap-2">
        <code data-token className="min-w-0 flex-1 rounded-md bg-raised px-3 py-2 font-mono text-sm break-all">
          {runner.token}
        </code>
        <Button onClick={() => void copy()}>{copied ? words.runners.copied : words.runners.copy}</Button>
      </div>
      <p className="text-sm text-soft">{words.runners.command}</p>
      <pre className="overflow-x-auto rounded-md bg-log px-3 py-2 font-mono text-xs leading-relaxed text-log-ink">
        {command}
      </pre>
      <div>
        <Button onClick={onClose}>{words.runners.done}</Button>
      </div>
    </div>
  );
}
