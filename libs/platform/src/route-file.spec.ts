import { describe, expect, it } from '@jest/globals';
import { ownerOf } from './route-file.js';

describe('the route file', () => {
  it.each([
    ['POST', '/webhooks/github', 'webhook-gateway'],
    ['GET', '/auth/github/callback?code=x', 'identity-linker'],
    ['GET', '/api/v4/user', 'identity-linker'],
    ['GET', '/api/v4/users?username=dana', 'identity-linker'],
    ['POST', '/api/v4/user/runners', 'runner-api'],
    ['GET', '/api/v4/projects/acme%2Fwidget/members/all', 'identity-linker'],
    ['GET', '/api/v4/projects/acme%2Fwidget/runners', 'runner-api'],
    ['POST', '/api/v4/runners', 'runner-api'],
    ['POST', '/api/v4/runners/verify', 'runner-api'],
    ['GET', '/api/v4/runnersup', 'pipeline-orchestrator'],
    ['POST', '/api/v4/jobs/request', 'runner-api'],
    ['GET', '/api/v4/job', 'runner-api'],
    ['GET', '/api/v4/projects/7/jobs/3/trace', 'pipeline-orchestrator'],
    ['GET', '/api/v4/projects/7/pipelines', 'pipeline-orchestrator'],
    ['GET', '/api/v4/personal_access_tokens/self', 'identity-linker'],
    ['GET', '/api/crosstie/v1/setup', 'identity-linker'],
    ['GET', '/api/crosstie/v1/deliveries', 'pipeline-orchestrator'],
    ['GET', '/.well-known/openid-configuration', 'identity-linker'],
    ['GET', '/', 'pipeline-orchestrator'],
    ['GET', '/acme/widget/pipelines/7', 'pipeline-orchestrator'],
  ])('gives %s %s to %s', (method, path, service) => {
    expect(ownerOf(method, path)).toBe(service);
  });
});
