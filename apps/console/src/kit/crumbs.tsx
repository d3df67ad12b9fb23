import { Link } from '@tanstack/react-router';
import { Fragment, type ReactNode } from 'react';

import { words } from '../words.js';

/** Where the page is: projects / owner/repo / …. */
export function Crumbs({ path, children = [] }: { path: string; children?: ReactNode[] }) {
  const [owner = '', repo = ''] = path.split('/');
  return (
    <nav aria-label="Breadcrumb" className="mb-2 flex flex-wrap items-center gap-x-2 text-sm text-soft">
      <Link to="/" className="hover:text-ink hover:underline">
        {words.nav.projects}
      </Link>
      <span aria-hidden>/</span>
      <Link to="/$owner/$repo/-/pipelines" params={{ owner, repo }} className="hover:text-ink hover:underline">
        {path}
      </Link>
      {children.map((child, i) => (
        <Fragment key={i}>
          <span aria-hidden>/</span>
          {child}
        </Fragment>
      ))}
    </nav>
  );
}
