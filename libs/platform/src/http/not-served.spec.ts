import { describe, expect, it } from '@jest/globals';

import { notServed } from './not-served.js';

/** What python-gitlab, gitbeaker, glab, Terraform and the exporters ask of GitLab, and this server has not. */
const asked = `projects/1/pipeline projects/acme%2Fwidget/pipelines/7/variables projects/1/pipelines/7/test_report
  projects/1/pipelines/7/test_report_summary projects/1/pipelines/7/metadata projects/1/pipelines/7
  projects/1/jobs/3/play ci/lint projects/1/ci/lint projects/1/variables projects/1/variables/KEY groups/acme/variables
  admin/ci/variables projects/1/pipeline_schedules projects/1/pipeline_schedules/2/play projects/1/triggers
  projects/1/trigger/pipeline projects/1/statuses/abc
  projects/1/repository/branches projects/1/repository/branches/main projects/1/repository/tags
  projects/1/repository/commits projects/1/repository/tree projects/1/merge_requests/1/pipelines
  projects/1/environments projects/1/deployments/1 projects/1/resource_groups/prod/upcoming_jobs groups groups/acme
  groups/acme/projects users/2/projects audit_events projects/1/audit_events events search?scope=projects
  projects/1/issues issues projects/1/releases projects/1/hooks projects/1/packages namespaces user/keys
  application/settings license projects/1/access_tokens projects/1/job_token_scope`.split(/\s+/);

describe('what GitLab has and this server has not', () => {
  it.each(asked)('%s is named', (path) => {
    expect(notServed(`/api/v4/${path}`)).toMatch(/\w/);
  });

  it.each(['nothing', 'projects/1/nothing', 'groupsies', 'projects/1/pipelinesque', 'jobs/1'])('%s is not', (path) => {
    expect(notServed(`/api/v4/${path}`)).toBeNull();
  });

  it('says where to go instead of GraphQL', () => {
    expect(notServed('/api/graphql')).toMatch(/REST/);
    expect(notServed('/elsewhere')).toBeNull();
  });
});
