import { Link } from '@tanstack/react-router';

import { RequestFailed } from '../api/request.js';
import { words } from '../words.js';
import { Button } from './button.js';
import { Empty } from './panel.js';

/** What is shown in the place of something that could not be loaded: error, no permission, not there. */
export function LoadProblem({ error, again }: { error: Error; again?: () => void }) {
  const failed = error instanceof RequestFailed ? error : null;
  return (
    <div role="alert">
      <Empty title={titleOf(failed?.status)} text={failed ? failed.message : words.broke.title}>
        {failed?.requestId ? <p className="font-mono text-xs text-soft">{words.requestId(failed.requestId)}</p> : null}
        <div className="mt-2 flex gap-2">
          {again ? <Button onClick={again}>{words.tryAgain}</Button> : null}
          <Link to="/" className="px-3 py-1.5 text-sm text-accent underline underline-offset-2">
            {words.notFound.back}
          </Link>
        </div>
      </Empty>
    </div>
  );
}

function titleOf(status: number | undefined): string {
  if (status === 403) return words.noPermission.title;
  if (status === 404) return words.notFound.title;
  return words.broke.title;
}
