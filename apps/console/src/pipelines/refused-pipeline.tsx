import { useState } from 'react';

import type { ApiPipelineView } from '../api/answers.js';
import { useAction } from '../kit/action-button.js';
import { Button, LeavingLink } from '../kit/button.js';
import { Notice, Panel } from '../kit/panel.js';
import { words } from '../words.js';

type Refusal = NonNullable<ApiPipelineView['refusal']>;

/** Why nothing ran, in one sentence, and the one button that solves it for this viewer. */
export function RefusedPipeline({ view, refusal, me }: { view: ApiPipelineView; refusal: Refusal; me: string }) {
  return (
    <Panel className="mb-4 border-l-4 border-l-bad p-5">
      <h2 className="mb-1 text-sm font-medium text-soft">{words.refused.title}</h2>
      <p className="mb-1 text-lg leading-snug font-medium break-words">{refusal.sentence}</p>
      <p className="mb-4 font-mono text-xs text-soft">{refusal.reason}</p>
      <Remedy view={view} refusal={refusal} me={me} />
    </Panel>
  );
}

function Remedy({ view, refusal, me }: { view: ApiPipelineView; refusal: Refusal; me: string }) {
  switch (refusal.remedy) {
    case 'run_as_me':
      return <RunAsMe view={view} me={me} />;
    case 'link_account':
      return <LeavingLink href="/auth/github?purpose=link">{words.refused.linkAccount}</LeavingLink>;
    case 'accept_terms':
      return <LeavingLink href="/auth/terms">{words.refused.acceptTerms}</LeavingLink>;
    case 'fix_configuration':
      return view.actions.retry.allowed ? <RunAsMe view={view} me={me} /> : null;
    case 'ask_someone':
      return (
        <p className="text-sm text-soft">
          {refusal.helpers.length > 0
            ? words.refused.help(refusal.helpers.map((name) => `@${name}`).join(', '))
            : words.refused.noHelp}
        </p>
      );
  }
}

function RunAsMe({ view, me }: { view: ApiPipelineView; me: string }) {
  const [asked, setAsked] = useState(false);
  const run = useAction({ path: `/api/v4/projects/${view.project_id}/pipelines/${view.id}/retry` });
  if (!asked) {
    return (
      <Button look="main" onClick={() => setAsked(true)}>
        {words.refused.runAsMe}
      </Button>
    );
  }
  return (
    <div className="grid max-w-prose gap-3">
      <p className="text-sm">{words.refused.confirm(me)}</p>
      <div className="flex gap-2">
        <Button look="main" disabled={run.isPending} onClick={() => run.mutate()} autoFocus>
          {words.refused.confirmButton(me)}
        </Button>
        <Button onClick={() => setAsked(false)}>{words.cancelDialog}</Button>
      </div>
      {run.isError ? (
        <Notice tone="bad" alert>
          {run.error.message}
        </Notice>
      ) : null}
    </div>
  );
}
