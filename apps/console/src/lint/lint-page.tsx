import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';

import type { ApiFinding, ApiLint, ApiProject } from '../api/answers.js';
import { getJson, postJson } from '../api/request.js';
import { Button } from '../kit/button.js';
import { Crumbs } from '../kit/crumbs.js';
import { Notice, PageTitle } from '../kit/panel.js';
import { ProjectTabs } from '../projects/project-tabs.js';
import { WithProject } from '../projects/with-project.js';
import { words } from '../words.js';
import { CiEditor, type EditorHandle } from './ci-editor.js';
import { LintResult } from './lint-result.js';

/** What a CI file comes to before it is pushed. */
export function LintPage({ path, chosenRef }: { path: string; chosenRef: string }) {
  return (
    <WithProject path={path}>
      {(project) => (
        <>
          <title>{`${words.lint.title} · ${project.path_with_namespace} · ${words.brand}`}</title>
          <Crumbs path={project.path_with_namespace}>{[<span key="l">{words.lint.title}</span>]}</Crumbs>
          <ProjectTabs path={project.path_with_namespace} />
          <PageTitle>{words.lint.title}</PageTitle>
          <p className="mb-3 text-sm text-soft">{words.lint.lead}</p>
          <Workbench project={project} firstRef={chosenRef || (project.default_branch ?? 'main')} />
        </>
      )}
    </WithProject>
  );
}

function Workbench({ project, firstRef }: { project: ApiProject; firstRef: string }) {
  const [ref, setRef] = useState(firstRef);
  const [text, setText] = useState('');
  const [result, setResult] = useState<ApiLint | null>(null);
  const editor = useRef<EditorHandle>(null);
  const api = `/api/v4/projects/${project.id}/ci/lint`;
  const load = useMutation({
    mutationFn: () =>
      getJson<ApiLint>(`${api}?${new URLSearchParams({ content_ref: ref, include_jobs: 'true', dry_run: 'true' })}`),
    onSuccess: (answer) => {
      if (answer.crosstie.content !== null) setText(answer.crosstie.content);
      setResult(answer);
    },
  });
  const check = useMutation({
    mutationFn: () => postJson<ApiLint>(api, { content: text, ref, include_jobs: true, dry_run: true }),
    onSuccess: setResult,
  });
  const isBusy = load.isPending || check.isPending;
  const failed = load.error ?? check.error;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
      <div className="grid gap-3">
        <form
          className="flex flex-wrap items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            check.mutate();
          }}
        >
          <label className="grid gap-1 text-sm">
            <span className="text-soft">{words.lint.ref}</span>
            <input
              value={ref}
              onChange={(event) => setRef(event.target.value)}
              className="rounded-md border border-line bg-panel px-2.5 py-1.5"
            />
          </label>
          <Button disabled={isBusy} onClick={() => load.mutate()}>
            {words.lint.load}
          </Button>
          <Button type="submit" look="main" disabled={isBusy || text === ''}>
            {isBusy ? words.lint.checking : words.lint.check}
          </Button>
        </form>
        <CiEditor text={text} onChange={setText} marked={markedLines(result)} handle={editor} />
      </div>
      <div className="grid gap-3">
        {failed ? (
          <Notice tone="bad" alert>
            {failed.message}
          </Notice>
        ) : null}
        <LintResult result={result} goTo={(line) => editor.current?.goTo(line)} />
      </div>
    </div>
  );
}

/** Lines of the text itself; what is wrong elsewhere has no line here. */
function markedLines(result: ApiLint | null): ReadonlyMap<number, 'error' | 'warning'> {
  const lines = new Map<number, 'error' | 'warning'>();
  if (!result) return lines;
  const { errors, warnings, config_path: own } = result.crosstie;
  const mark = (findings: readonly ApiFinding[], as: 'error' | 'warning'): void => {
    for (const { file, line } of findings) if (line !== undefined && file === own) lines.set(line, as);
  };
  mark(warnings, 'warning');
  mark(errors, 'error');
  return lines;
}
