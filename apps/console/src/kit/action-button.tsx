import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { ApiAction } from '../api/answers.js';
import { deleteIt, postJson } from '../api/request.js';
import { Button } from './button.js';
import { Notice } from './panel.js';

/** What a press does: which address is posted to (or taken away), and what is shown afterwards. */
export interface ActionRequest<T> {
  readonly path: string;
  readonly body?: Record<string, unknown>;
  readonly takesAway?: boolean;
  readonly onDone?: (answer: T) => void;
}

/** Posts an action and has everything that it may have changed read again. */
export function useAction<T>({ path, body, takesAway = false, onDone }: ActionRequest<T>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => (takesAway ? deleteIt(path) : postJson<T>(path, body)),
    onSuccess: async (answer) => {
      if (answer !== undefined) onDone?.(answer);
      await queries.invalidateQueries();
    },
  });
}

/** A button whose right the server has decided: where it is not allowed, its reason is its title. */
export function ActionButton<T>({
  action,
  request,
  look = 'plain',
  label,
  children,
}: {
  action: ApiAction;
  request: ActionRequest<T>;
  look?: 'main' | 'plain' | 'danger';
  /** What it is called where its face does not say all. */
  label?: string;
  children: ReactNode;
}) {
  const act = useAction(request);
  return (
    <span className="inline-flex flex-col items-end gap-1" title={action.reason ?? undefined}>
      <Button look={look} aria-label={label} disabled={!action.allowed || act.isPending} onClick={() => act.mutate()}>
        {children}
      </Button>
      {act.isError ? (
        <Notice tone="bad" alert>
          {act.error.message}
        </Notice>
      ) : null}
    </span>
  );
}
