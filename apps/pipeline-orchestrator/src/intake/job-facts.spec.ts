import { describe, expect, it } from '@jest/globals';

import { environmentSlug, jobFacts } from './job-facts.js';

const variable = (key: string, value: string, raw = false) => {
  return { key, value, raw, public: true, masked: false, file: false };
};
const variables = [
  variable('CI_COMMIT_REF_SLUG', 'feature-1', true),
  variable('APP', 'shop-$CI_COMMIT_REF_SLUG'),
  variable('PRICE', '$5', true),
];

const facts = (environment: Record<string, string> | null, resource_group: string | null = null) =>
  jobFacts({ environment, resource_group }, variables);

describe('what the server works out of a job', () => {
  it('is nothing for a job without environment and resource group', () => {
    expect(facts(null)).toEqual({ environment: null, resourceGroup: null, variables: [] });
  });

  it('has the variables of an environment in its name, also those that use others', () => {
    expect(facts({ name: 'review/$APP', action: 'start' }).environment).toMatchObject({
      name: 'review/shop-feature-1',
      tier: 'development',
      action: 'start',
      url: null,
    });
  });

  it('has the environment in its URL, and hands all of it to the job', () => {
    const { variables: made } = facts({ name: 'production', url: 'https://$CI_ENVIRONMENT_SLUG.example/$PRICE' });
    expect(Object.fromEntries(made.map(({ key, value }) => [key, value]))).toEqual({
      CI_ENVIRONMENT_NAME: 'production',
      CI_ENVIRONMENT_SLUG: 'production',
      CI_ENVIRONMENT_TIER: 'production',
      CI_ENVIRONMENT_ACTION: 'start',
      CI_ENVIRONMENT_URL: 'https://production.example/$5',
    });
    expect(made.every(({ raw }) => raw)).toBe(true);
  });

  it('takes the tier that is written, and the action', () => {
    const given = { name: 'blue', deployment_tier: 'staging', action: 'stop' };
    expect(facts(given).environment).toMatchObject({ tier: 'staging', action: 'stop' });
  });

  it('is no environment when nothing is left of its name', () => {
    expect(facts({ name: '$UNKNOWN' })).toMatchObject({ environment: null, variables: [] });
  });

  it('has variables in a resource group, those of the environment too; an empty one is none', () => {
    expect(facts({ name: 'qa' }, 'deploy-$CI_ENVIRONMENT_NAME').resourceGroup).toBe('deploy-qa');
    expect(facts(null, '$APP').resourceGroup).toBe('shop-feature-1');
    expect(facts(null, '$UNKNOWN').resourceGroup).toBeNull();
  });
});

describe('the slug of an environment', () => {
  // Those that differ from their names end in a hash of them, made as GitLab makes it.
  it.each([
    ['production', 'production'],
    ['review-', 'review'],
    ['Review', /^review-[a-z0-9]{6}$/],
    ['review/feature-1', /^review-feature-1-[a-z0-9]{6}$/],
    ['1-2-3', /^env-1-2-3-[a-z0-9]{6}$/],
    ['a'.repeat(40), /^a{17}-[a-z0-9]{6}$/],
    ['a-----b', /^a-b-[a-z0-9]{6}$/],
  ])('of %s', (name, expected) => {
    expect(environmentSlug(name)).toMatch(expected);
    expect(environmentSlug(name).length).toBeLessThanOrEqual(24);
  });

  it('tells two names apart that look alike', () => {
    expect(environmentSlug('Review')).not.toBe(environmentSlug('review!'));
  });
});
