import { PublicRoute } from '@crosstie/access';
import { Problem } from '@crosstie/platform';
import { All, Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** What GitLab's API has and this server has not, by design or not yet, as its clients would ask for it. */
const notServed: readonly [pattern: RegExp, what: string][] = [
  [
    /^projects\/[^/]+\/repository\/(files|tree|archive|compare|blobs|contributors)/,
    'contents of repositories, which GitHub serves',
  ],
  [/^projects\/[^/]+\/merge_requests\/./, 'merge requests: pull requests live on GitHub'],
  [/^(projects\/[^/]+\/|groups\/[^/]+\/)?issues/, 'issues, which live on GitHub'],
  [/^(projects\/[^/]+\/|groups\/[^/]+\/)?(packages|registry)/, 'packages and container images'],
  [/^projects\/[^/]+\/(releases|wikis|snippets|hooks)/, 'releases, wikis, snippets and hooks'],
  [/^ci\/lint$/, 'the global lint: use POST /projects/:id/ci/lint'],
  [/^(projects\/[^/]+\/|groups\/[^/]+\/|admin\/ci\/)variables/, 'variables, which come later'],
  [
    /^projects\/[^/]+\/(pipeline_schedules|triggers|trigger|environments|deployments|resource_groups)/,
    'schedules, triggers and environments, which come later',
  ],
  [/^projects\/[^/]+\/pipeline$/, 'pipelines without a push, which come later'],
  [
    /^projects\/[^/]+\/pipelines\/[^/]+\/(variables|test_report|test_report_summary|metadata)/,
    'variables and test reports of a pipeline, which come later',
  ],
  [
    /^projects\/[^/]+\/jobs\/[^/]+\/(play|erase|artifacts)/,
    'playing and erasing jobs, and their artifacts, which come later',
  ],
];

/** Every address under `/api/v4` that nothing else answers. */
@Controller()
@PublicRoute('It tells only that an address is not served.')
export class NotServedController {
  @All('api/v4/*')
  answer(@Req() request: FastifyRequest): never {
    const path = (request.url.split('?', 1)[0] ?? '').slice('/api/v4/'.length);
    const found = notServed.find(([pattern]) => pattern.test(path));
    if (!found) throw new Problem(404, { error: '404 Not Found' }, 'no_route');
    throw new Problem(404, { message: `404 Not Found - not part of Crosstie: ${found[1]}` }, 'not_served');
  }
}
