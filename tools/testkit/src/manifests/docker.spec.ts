import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { serviceNames } from '@crosstie/messaging';
import { describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';

import { variablesOf } from './findings.js';

const root = resolve(import.meta.dirname, '../../../..');
const dockerfile = readFileSync(resolve(root, 'docker/Dockerfile'), 'utf8');

interface Compose {
  services: Record<
    string,
    {
      '<<'?: object;
      image?: string;
      build?: { target: string };
      environment?: Record<string, string>;
      volumes?: string[];
      networks?: string[];
    }
  >;
}

const compose = load(readFileSync(resolve(root, 'docker/compose.yaml'), 'utf8')) as Compose;

/** What stands in a Dockerfile between one FROM and the next, by the stage's name. */
const stages = new Map(
  dockerfile
    .split(/^FROM /m)
    .slice(1)
    .map((text) => [/^\S+ AS (\S+)/.exec(text)?.[1] ?? '', text] as const),
);

/** With those that it takes over from the common ones. */
function variableNames(service: Compose['services'][string] | undefined): string[] {
  const { '<<': common, ...own } = (service?.environment ?? {}) as Record<string, unknown>;
  return Object.keys({ ...(common as object | undefined), ...own });
}

describe('the images', () => {
  it.each(serviceNames)('%s starts its service from the common base', (service) => {
    expect(stages.get(service)).toMatch(/^base AS /);
    expect(stages.get(service)).toContain(`CMD ["service", "${service}"]`);
  });

  it('run as a user who is not root, and hold nothing that builds', () => {
    expect(stages.get('base')).toMatch(/^USER 10001:10001$/m);
    expect(dockerfile.match(/^USER /gm)).toHaveLength(1);
    expect(stages.get('base')).toContain('rm -rf /usr/local/lib/node_modules');
    for (const [name, text] of stages) {
      if (text.startsWith('base AS ')) expect(`${name}: ${text}`).not.toMatch(/^(RUN|USER|ADD)/m);
    }
  });

  it('take no secret with them', () => {
    expect(dockerfile.match(/^(ARG|ENV) .*/gm)?.filter((line) => /KEY|SECRET|TOKEN|PASSWORD|_URL/.test(line))).toEqual(
      [],
    );
    const ignored = readFileSync(resolve(root, '.dockerignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.git', 'docker/secrets', 'k8s/overlays/*/secrets']));
  });
});

describe('the compose file', () => {
  it('has every service with variables that exist, and its own secrets alone', () => {
    for (const service of serviceNames) {
      const { build, volumes } = compose.services[service] ?? {};
      expect(build?.target).toBe(service);
      expect(volumes?.filter((volume) => volume.includes('secrets'))).toEqual([`./secrets/${service}:/run/secrets:ro`]);
    }
  });

  it('sets what each service reads', () => {
    const findings = serviceNames.flatMap((service) => variablesOf(service, variableNames(compose.services[service])));
    expect(findings).toEqual([]);
  });

  it('takes the images of others in a stated version', () => {
    for (const { image } of Object.values(compose.services)) expect(image).toMatch(/:\d/);
  });

  it('leads those that need no world nowhere', () => {
    const inside = Object.entries(compose.services).filter(([, { networks }]) => networks?.join() === 'inside');
    expect(inside.map(([name]) => name).sort()).toEqual([
      'migrate',
      'nats',
      'postgresql',
      'runner-api',
      'webhook-gateway',
    ]);
  });
});
