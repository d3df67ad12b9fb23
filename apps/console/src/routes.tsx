import { createRootRoute, createRoute } from '@tanstack/react-router';

import type { PipelineFilter } from './api/queries.js';
import { DeliveriesPage } from './deliveries/deliveries-page.js';
import { ArtifactsPage } from './jobs/artifacts-page.js';
import { JobPage } from './jobs/job-page.js';
import { LintPage } from './lint/lint-page.js';
import { PipelinePage } from './pipelines/pipeline-page.js';
import { PipelinesPage } from './pipelines/pipelines-page.js';
import { ProjectsPage } from './projects/projects-page.js';
import { OwnerRunnersPage } from './runners/owner-runners-page.js';
import { ProjectRunnersPage } from './runners/project-runners-page.js';
import { RunnerPage } from './runners/runner-page.js';
import { RunnersPage } from './runners/runners-page.js';
import { Layout } from './shell/layout.js';
import { NotFound } from './shell/not-found.js';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

const pipelineFilter = (search: Record<string, unknown>): PipelineFilter => ({
  status: text(search['status']),
  ref: text(search['ref']),
  username: text(search['username']),
});

const root = createRootRoute({ component: Layout, notFoundComponent: NotFound });

const projects = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: (search: Record<string, unknown>): { search?: string } => ({ search: text(search['search']) }),
  component: function Projects() {
    return <ProjectsPage text={projects.useSearch().search ?? ''} />;
  },
});

const runners = createRoute({ getParentRoute: () => root, path: '/-/runners', component: RunnersPage });

const runner = createRoute({
  getParentRoute: () => root,
  path: '/-/runners/$runnerId',
  component: function Runner() {
    return <RunnerPage id={Number(runner.useParams().runnerId)} />;
  },
});

const ownerRunners = createRoute({
  getParentRoute: () => root,
  path: '/groups/$owner/-/runners',
  component: function OwnerRunners() {
    return <OwnerRunnersPage owner={ownerRunners.useParams().owner} />;
  },
});

const projectRunners = createRoute({
  getParentRoute: () => root,
  path: '/$owner/$repo/-/runners',
  component: function ProjectRunners() {
    const { owner, repo } = projectRunners.useParams();
    return <ProjectRunnersPage path={`${owner}/${repo}`} />;
  },
});

const lint = createRoute({
  getParentRoute: () => root,
  path: '/$owner/$repo/-/ci/lint',
  validateSearch: (search: Record<string, unknown>): { ref?: string } => ({ ref: text(search['ref']) }),
  component: function Lint() {
    const { owner, repo } = lint.useParams();
    return <LintPage path={`${owner}/${repo}`} chosenRef={lint.useSearch().ref ?? ''} />;
  },
});

const artifacts = createRoute({
  getParentRoute: () => root,
  path: '/$owner/$repo/-/jobs/$jobId/artifacts/browse',
  validateSearch: (search: Record<string, unknown>): { path?: string } => ({ path: text(search['path']) }),
  component: function Artifacts() {
    const { owner, repo, jobId } = artifacts.useParams();
    return <ArtifactsPage path={`${owner}/${repo}`} id={Number(jobId)} folder={artifacts.useSearch().path ?? ''} />;
  },
});

const deliveries = createRoute({
  getParentRoute: () => root,
  path: '/-/deliveries',
  validateSearch: (search: Record<string, unknown>): { state?: string } => ({ state: text(search['state']) }),
  component: function Deliveries() {
    return <DeliveriesPage state={deliveries.useSearch().state ?? ''} />;
  },
});

const project = createRoute({
  getParentRoute: () => root,
  path: '/$owner/$repo',
  validateSearch: pipelineFilter,
  component: function Project() {
    const { owner, repo } = project.useParams();
    return <PipelinesPage path={`${owner}/${repo}`} filter={project.useSearch()} />;
  },
});

const pipelines = createRoute({
  getParentRoute: () => root,
  path: '/$owner/$repo/-/pipelines',
  validateSearch: pipelineFilter,
  component: function Pipelines() {
    const { owner, repo } = pipelines.useParams();
    return <PipelinesPage path={`${owner}/${repo}`} filter={pipelines.useSearch()} />;
  },
});

const pipeline = createRoute({
  getParentRoute: () => root,
  path: '/$owner/$repo/-/pipelines/$pipelineId',
  component: function Pipeline() {
    const { owner, repo, pipelineId } = pipeline.useParams();
    return <PipelinePage path={`${owner}/${repo}`} id={Number(pipelineId)} />;
  },
});

const job = createRoute({
  getParentRoute: () => root,
  path: '/$owner/$repo/-/jobs/$jobId',
  component: function Job() {
    const { owner, repo, jobId } = job.useParams();
    // A page of its own for each job: its log, folds and scroll position are nobody else's.
    return <JobPage key={jobId} path={`${owner}/${repo}`} id={Number(jobId)} />;
  },
});

export const routeTree = root.addChildren([
  projects,
  runners,
  runner,
  ownerRunners,
  projectRunners,
  deliveries,
  project,
  pipelines,
  pipeline,
  job,
  artifacts,
  lint,
]);
