import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { ApiProject, ApiRunner } from '../api/answers.js';
import { projectRunnersQuery, runnerQuery } from '../api/queries.js';
import { ActionButton, useAction } from '../kit/action-button.js';
import { Button } from '../kit/button.js';
import { Crumbs } from '../kit/crumbs.js';
import { Notice, PageTitle } from '../kit/panel.js';
import { ProjectTabs } from '../projects/project-tabs.js';
import { WithProject } from '../projects/with-project.js';
import { words } from '../words.js';
import { RunnerList } from './runner-list.js';

const allowed = { allowed: true, reason: null };

/** Where jobs of a project may go, and what its maintainers lend each other. */
export function ProjectRunnersPage({ path }: { path: string }) {
  return <WithProject path={path}>{(project) => <Found project={project} />}</WithProject>;
}

function Found({ project }: { project: ApiProject }) {
  const runners = useQuery(projectRunnersQuery(project.id));
  const path = project.path_with_namespace;
  return (
    <>
      <title>{`${words.runners.title} · ${path} · ${words.brand}`}</title>
      <Crumbs path={path} />
      <ProjectTabs path={path} />
      <PageTitle>{words.runners.ofProject}</PageTitle>
      <p className="mb-3 text-sm text-soft">{words.runners.ofProjectLead}</p>
      <RunnerList query={runners} aside={(runner) => <Unshare runner={runner} project={project} />} />
      {runners.isSuccess ? <Share projectId={project.id} /> : null}
    </>
  );
}

/** For a runner that is lent by another project. */
function Unshare({ runner, project }: { runner: ApiRunner; project: ApiProject }) {
  const isOfProject = runner.runner_type === 'project_type';
  const details = useQuery({ ...runnerQuery(runner.id), enabled: isOfProject, refetchInterval: false });
  const [owner] = details.data?.projects ?? [];
  if (!isOfProject || !owner || owner.id === project.id) return null;
  return (
    <ActionButton
      action={allowed}
      label={words.runners.unshareNamed(runner.description ?? `#${runner.id}`)}
      request={{ path: `/api/v4/projects/${project.id}/runners/${runner.id}`, takesAway: true }}
    >
      {words.runners.unshare}
    </ActionButton>
  );
}

function Share({ projectId }: { projectId: number }) {
  const [id, setId] = useState('');
  const share = useAction({
    path: `/api/v4/projects/${projectId}/runners`,
    body: { runner_id: Number(id) },
    onDone: () => setId(''),
  });
  return (
    <form
      className="mt-6 grid max-w-md gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        share.mutate();
      }}
    >
      <label className="text-sm font-medium" htmlFor="runner-id">
        {words.runners.share}
      </label>
      <p className="text-xs text-soft" id="runner-id-hint">
        {words.runners.shareHint}
      </p>
      <div className="flex gap-2">
        <input
          id="runner-id"
          inputMode="numeric"
          pattern="[0-9]+"
          required
          aria-describedby="runner-id-hint"
          value={id}
          onChange={(event) => setId(event.target.value)}
          className="w-32 rounded-md border border-line bg-panel px-2.5 py-1.5 text-sm"
        />
        <Button type="submit" disabled={share.isPending}>
          {words.runners.sharing}
        </Button>
      </div>
      {share.isError ? (
        <Notice tone="bad" alert>
          {share.error.message}
        </Notice>
      ) : null}
    </form>
  );
}
