import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { ApiAction } from '../api/answers.js';
import { postJson } from '../api/request.js';
import { Button } from './button.js';
import { Notice } from './panel.js';

/** What a press does: which address is posted to, and what is shown afterwards. */
export interface ActionRequest<T> {
  readonly path: string;
  readonly onDone?: (answer: T) => void;
}

/** Posts an action and has everything that it may have changed read again. */
export function useAction<T>({ path, onDone }: ActionRequest<T>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => postJson<T>(path),
    onSuccess: async (answer) => {
      onDone?.(answer);
      await queries.invalidateQueries();
    },
  });
}

/** A button whose right the server has decided: where it is not allowed, its reason is its title. */
export function ActionButton<T>({
  action,
  request,
  look = 'plain',
  children,
}: {
  action: ApiAction;
  request: ActionRequest<T>;
  look?: 'main' | 'plain' | 'danger';
  children: ReactNode;
}) {
  const act = useAction(request);
  return (
    <span className="inline-flex flex-col items-end gap-1" title={action.reason ?? undefined}>
      <Button look={look} disabled={!action.allowed || act.isPending} onClick={() => act.mutate()}>
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
