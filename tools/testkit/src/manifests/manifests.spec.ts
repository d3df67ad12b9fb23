import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { routes } from '@crosstie/platform';
import { keyClassesOf } from '@crosstie/token-vault';
import { type ServiceName, serviceNames } from '@crosstie/messaging';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadAll } from 'js-yaml';

import { allowedEdges, edgeFindings } from './edges.js';
import { hardeningFindings, mountFindings, routeFindings, schemaFindings, variableFindings } from './findings.js';
import { ingressOf } from './ingress.js';
import { type Manifest, podOf, readManifests } from './manifests.js';

const run = promisify(execFile);
const k8s = resolve(import.meta.dirname, '../../../../k8s');
const overlay = join(k8s, 'overlays/local');
const say = (line: string): void => void process.stderr.write(`${line}\n`);

type Mistake = (manifests: Manifest[]) => void;

describe('the Kubernetes manifests', () => {
  const manifests = readManifests(overlay);
  const checks: Record<string, (given: Manifest[]) => string[]> = {
    schema: schemaFindings,
    variables: variableFindings,
    mounts: mountFindings,
    hardening: hardeningFindings,
    routes: routeFindings,
    edges: edgeFindings,
  };

  it.each(Object.entries(checks))('have no finding about their %s', (_, check) => {
    expect(check(manifests)).toEqual([]);
  });

  it('hold the five services, each under its own account', () => {
    const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([...serviceNames].sort());
    for (const each of deployments) expect(podOf(each)?.serviceAccountName).toBe(each.metadata.name);
  });

  it('route by the route file', () => {
    expect(readFileSync(join(k8s, 'base/ingress.yaml'), 'utf8')).toBe(ingressOf(routes));
  });

  it('allow these edges and no others', () => {
    for (const edge of allowedEdges(manifests)) say(`edge ${edge}`);
  });

  describe('with a mistake planted', () => {
    const deployment = (given: Manifest[], name: string) =>
      podOf(given.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name) as Manifest);
    const policy = (given: Manifest[], name: string) =>
      given.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name)?.spec as {
        egress: unknown[];
        ingress: unknown[];
      };
    const container = (given: Manifest[], name: string) => deployment(given, name)?.containers[0];

    const mistakes: [check: string, what: string, plant: Mistake, finding: RegExp][] = [
      [
        'schema',
        'a port in quotes',
        (all) => Object.assign(container(all, 'runner-api')?.ports?.[0] ?? {}, { containerPort: '8080' }),
        /containerPort must be integer/,
      ],
      [
        'schema',
        'a field that does not exist',
        (all) => Object.assign(container(all, 'runner-api') ?? {}, { imagePullPolice: 'Always' }),
        /Deployment runner-api: spec\.template\.spec\.containers\[0\]\.imagePullPolice is no field/,
      ],
      [
        'variables',
        'a variable left out',
        (all) => container(all, 'status-reporter')?.env?.shift(),
        /status-reporter: CROSSTIE_URL is not set/,
      ],
      [
        'variables',
        'a variable misspelt',
        (all) => container(all, 'status-reporter')?.env?.push({ name: 'CROSSTIE_LOGLEVEL', value: 'info' }),
        /CROSSTIE_LOGLEVEL is no variable/,
      ],
      [
        'variables',
        'a secret in the environment',
        (all) => container(all, 'runner-api')?.env?.push({ name: 'CROSSTIE_DATABASE_URL', value: 'postgres:' }),
        /CROSSTIE_DATABASE_URL stands in the environment/,
      ],
      [
        'variables',
        'a fault point armed',
        (all) => container(all, 'runner-api')?.env?.push({ name: 'CROSSTIE_FAULTS', value: 'claim.before' }),
        /runner-api: CROSSTIE_FAULTS is for tests/,
      ],
      [
        'mounts',
        "another service's keys",
        (all) =>
          deployment(all, 'webhook-gateway')?.volumes?.push({
            name: 'more',
            secret: { secretName: 'crosstie-identity-linker' },
          }),
        /webhook-gateway: mounts crosstie-identity-linker/,
      ],
      [
        'hardening',
        'a root user',
        (all) => Object.assign(deployment(all, 'runner-api')?.securityContext ?? {}, { runAsNonRoot: false }),
        /runner-api: may run as root/,
      ],
      [
        'hardening',
        'no pause before the end (F53)',
        (all) => Object.assign(container(all, 'webhook-gateway') ?? {}, { lifecycle: undefined }),
        /webhook-gateway: ends before others know that it does/,
      ],
      [
        'routes',
        'a path to the wrong service',
        (all) => plantRoute(all),
        /members goes to pipeline-orchestrator and belongs to identity-linker/,
      ],
      [
        'edges',
        'a way from the runner API to GitHub',
        (all) => policy(all, 'runner-api').egress.push({ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }),
        /runner-api -> .*0\.0\.0\.0\/0/,
      ],
      [
        'edges',
        'a policy forgotten',
        (all) =>
          all.splice(
            all.findIndex(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'default-deny'),
            1,
          ),
        /default-deny/,
      ],
    ];

    it.each(mistakes)('%s: say so about %s', (check, what, plant, finding) => {
      const planted = structuredClone(manifests);
      plant(planted);
      const findings = checks[check]?.(planted) ?? [];
      expect(findings.join('\n')).toMatch(finding);
      say(`planted ${what}: ${check}: ${findings[0]}`);
    });

    function plantRoute(all: Manifest[]): void {
      const rules = all.find(({ kind }) => kind === 'Ingress')?.spec?.['rules'] as {
        http: { paths: { path: string; backend: { service: { name: string } } }[] };
      }[];
      for (const { path, backend } of rules[0]?.http.paths ?? []) {
        if (path.includes('members')) backend.service.name = 'pipeline-orchestrator';
      }
    }
  });

  describe('with the secrets made', () => {
    let copy: string;

    beforeAll(async () => {
      copy = await mkdtemp(join(tmpdir(), 'crosstie-k8s-'));
      await cp(k8s, copy, { recursive: true });
      await rm(join(copy, 'overlays/local/secrets'), { recursive: true, force: true });
      await run(join(copy, 'overlays/local/make-secrets'));
    });

    afterAll(() => rm(copy, { recursive: true, force: true }));

    it.each(serviceNames)('give %s the key classes that it works with, and no others', async (service: ServiceName) => {
      const text = await readFile(join(copy, 'overlays/local/secrets', service, 'encryption-keys'), 'utf8');
      expect(text.split(',').map((key) => key.split(':')[0])).toEqual(keyClassesOf[service]);
    });

    it('come out of kubectl as they are read here', async () => {
      const rendered = await run('kubectl', ['kustomize', join(copy, 'overlays/local')]).catch(() => null);
      if (rendered === null) {
        say('kubectl is not on this machine: what it would make of the manifests was not compared');
        return;
      }
      const names = (given: readonly Manifest[]): string[] =>
        given.map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/-[a-z0-9]{10}$/, '')}`).sort();
      expect(names(loadAll(rendered.stdout) as Manifest[])).toEqual(names(manifests));
    });
  });
});
