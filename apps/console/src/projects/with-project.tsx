import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { ApiProject } from '../api/answers.js';
import { projectQuery } from '../api/queries.js';
import { LoadProblem } from '../kit/load-problem.js';
import { Skeleton } from '../kit/panel.js';

/** Finds the project of an address, and shows the page once it is known. */
export function WithProject({ path, children }: { path: string; children: (project: ApiProject) => ReactNode }) {
  const project = useQuery(projectQuery(path));
  if (project.data) return <>{children(project.data)}</>;
  if (project.isError) return <LoadProblem error={project.error} again={() => void project.refetch()} />;
  return <Skeleton />;
}
