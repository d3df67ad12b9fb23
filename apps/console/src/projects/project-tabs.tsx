import { Link } from '@tanstack/react-router';

import { words } from '../words.js';

const tab =
  'rounded-md px-2.5 py-1.5 text-sm text-soft hover:bg-raised hover:text-ink data-[status=active]:bg-raised data-[status=active]:text-ink';

/** The pages of one project. */
export function ProjectTabs({ path }: { path: string }) {
  const [owner = '', repo = ''] = path.split('/');
  const params = { owner, repo };
  const w = words.projectNav;
  return (
    <nav aria-label={w.label} className="mb-4 flex gap-1 border-b border-line pb-2">
      <Link to="/$owner/$repo/-/pipelines" params={params} className={tab}>
        {w.pipelines}
      </Link>
      <Link to="/$owner/$repo/-/ci/lint" params={params} className={tab}>
        {w.lint}
      </Link>
      <Link to="/$owner/$repo/-/runners" params={params} className={tab}>
        {w.runners}
      </Link>
    </nav>
  );
}
