import { type Environment, ownerOf, type Route, routes } from '@crosstie/platform';
import { type ServiceName, serviceNames } from '@crosstie/messaging';
import { Model } from '@kubernetes-models/base';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, PersistentVolumeClaim, Secret, Service, ServiceAccount } from 'kubernetes-models/v1';

import { unknownFields } from './unknown-fields.js';
import { type Container, type Manifest, type Pod, podOf } from './manifests.js';

type AnyModel = new (data: never) => Model<unknown>;

const models: Readonly<Record<string, AnyModel>> = {
  ConfigMap,
  Deployment,
  Ingress,
  Job,
  Namespace,
  NetworkPolicy,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
};

/** What the API server would refuse, by the schemas of Kubernetes' own description. */
export function schemaFindings(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) => {
    const of = models[manifest.kind];
    if (!of) return [`${manifest.kind} ${manifest.metadata.name}: no schema is known for it`];
    try {
      new of(manifest as never).validate();
      return unknownFields(manifest).map((finding) => `${manifest.kind} ${manifest.metadata.name}: ${finding}`);
    } catch (error) {
      return [`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`];
    }
  });
}

type Variable = (typeof Environment.names)[number];

/**
 * What a deployment does about each variable: it is set for every service, or for those with objects; it may be left
 * to its default; it comes with a GitHub App that was made by hand, for who holds the vault; or it is for tests. A
 * variable that is new has to be placed here.
 */
const duties: Readonly<Record<Variable, 'everybody' | 'objects' | 'optional' | 'app' | 'tests'>> = {
  CROSSTIE_URL: 'everybody',
  CROSSTIE_DATABASE_URL: 'everybody',
  CROSSTIE_NATS_URL: 'everybody',
  CROSSTIE_OBJECT_STORE: 'objects',
  CROSSTIE_ENCRYPTION_KEYS: 'everybody',
  CROSSTIE_GITHUB_URL: 'everybody',
  CROSSTIE_GITHUB_API_URL: 'everybody',
  CROSSTIE_GITHUB_APP_ID: 'app',
  CROSSTIE_GITHUB_APP_SLUG: 'app',
  CROSSTIE_GITHUB_CLIENT_ID: 'app',
  CROSSTIE_GITHUB_CLIENT_SECRET: 'app',
  CROSSTIE_GITHUB_PRIVATE_KEY: 'app',
  CROSSTIE_GITHUB_WEBHOOK_SECRET: 'app',
  CROSSTIE_LOG_LEVEL: 'everybody',
  CROSSTIE_LOG_FORMAT: 'everybody',
  CROSSTIE_BIND: 'everybody',
  CROSSTIE_PORT: 'everybody',
  CROSSTIE_METRICS_PORT: 'everybody',
  CROSSTIE_REMOTE_INCLUDES: 'optional',
  CROSSTIE_JOB_ACK_TIMEOUT: 'optional',
  CROSSTIE_RUNNER_SILENCE_LIMIT: 'optional',
  CROSSTIE_RUNNER_TOKEN_LIFETIME: 'optional',
  CROSSTIE_JOB_STUCK_LIMIT: 'optional',
  CROSSTIE_RECOVERY_INTERVAL: 'optional',
  CROSSTIE_SWEEP_INTERVAL: 'optional',
  CROSSTIE_FAULTS: 'tests',
  CROSSTIE_ALLOW_FAULTS: 'tests',
};
const secretOnes =
  /^CROSSTIE_(DATABASE_URL|NATS_URL|ENCRYPTION_KEYS|GITHUB_(CLIENT_SECRET|PRIVATE_KEY|WEBHOOK_SECRET))$/;
const withObjects: readonly ServiceName[] = ['pipeline-orchestrator', 'runner-api'];

/** Every variable that a service reads is set, from where it should come, and none that nobody reads. */
export function variableFindings(manifests: readonly Manifest[]): string[] {
  return serviceNames.flatMap((service) =>
    variablesOf(
      service,
      (containerOf(manifests, service)?.env ?? []).map(({ name }) => name),
    ),
  );
}

/** The same for one service and the names that are set for it, from whatever they come. */
export function variablesOf(service: ServiceName, names: readonly string[]): string[] {
  const bare = names.map((name) => name.replace(/_FILE$/, ''));
  const hasObjects = withObjects.includes(service);
  const missing = Object.entries(duties)
    .filter(([name, duty]) => !bare.includes(name) && (duty === 'everybody' || (duty === 'objects' && hasObjects)))
    .map(([name]) => `${name} is not set`);
  const wrong = bare.flatMap((name) => {
    const duty = Object.hasOwn(duties, name) ? duties[name as Variable] : undefined;
    if (duty === undefined) return [`${name} is no variable of Crosstie`];
    if (duty === 'tests') return [`${name} is for tests`];
    const isNeeded = duty === 'objects' ? hasObjects : duty !== 'app' || service === 'identity-linker';
    return isNeeded ? [] : [`${name} is not needed`];
  });
  const open = names.filter((name) => secretOnes.test(name)).map((name) => `${name} stands in the environment`);
  return [...missing, ...wrong, ...open].map((finding) => `${service}: ${finding}`);
}

/** What a pod refers to is there, and it mounts its own secrets and no others. */
export function mountFindings(manifests: readonly Manifest[]): string[] {
  const findings: string[] = [];
  const data = (kind: string, name: string): Record<string, string> | undefined =>
    manifests.find((each) => each.kind === kind && each.metadata.name === name)?.data;
  for (const service of serviceNames) {
    const pod = podOfService(manifests, service);
    const say = (finding: string): void => void findings.push(`${service}: ${finding}`);
    for (const volume of pod?.volumes ?? []) {
      if (volume.secret && volume.secret.secretName !== `crosstie-${service}`)
        say(`mounts ${volume.secret.secretName}`);
      if (volume.persistentVolumeClaim && !withObjects.includes(service)) say('mounts the objects');
    }
    const secret = data('Secret', `crosstie-${service}`);
    for (const { name, value, valueFrom } of pod?.containers[0]?.env ?? []) {
      const ref = valueFrom?.configMapKeyRef;
      if (ref && data('ConfigMap', ref.name)?.[ref.key] === undefined) say(`${name}: no ${ref.key} in ${ref.name}`);
      const file = name.endsWith('_FILE') ? value?.replace('/run/secrets/crosstie/', '') : undefined;
      if (file !== undefined && secret?.[file] === undefined) say(`${name}: no ${file} in its Secret`);
    }
  }
  return findings;
}

/** Nobody is root, writes to the image, holds a token of the cluster, or takes as much as it likes. */
export function hardeningFindings(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) => {
    const pod = podOf(manifest);
    if (!pod) return [];
    const [container] = pod.containers;
    const drop = (container?.securityContext?.['capabilities'] as { drop?: string[] } | undefined)?.drop;
    const rules: [boolean, string][] = [
      [pod.securityContext?.['runAsNonRoot'] === true, 'may run as root'],
      [
        (pod.securityContext?.['seccompProfile'] as { type?: string } | undefined)?.type === 'RuntimeDefault',
        'has no seccomp profile',
      ],
      [pod.automountServiceAccountToken === false, "holds a token for the cluster's API"],
      [container?.securityContext?.['readOnlyRootFilesystem'] === true, 'may write to its image'],
      [container?.securityContext?.['allowPrivilegeEscalation'] === false, 'may become more'],
      [drop?.[0] === 'ALL', 'keeps capabilities'],
      [Boolean(container?.resources?.requests && container.resources.limits), 'has no requests and limits'],
      [manifest.kind !== 'Deployment' || pauseOf(container) >= 5, 'ends before others know that it does'],
      [!/:latest$|^[^:]+$/.test(container?.image ?? ''), 'has an image without a version'],
    ];
    return rules.filter(([holds]) => !holds).map(([, finding]) => `${manifest.metadata.name}: ${finding}`);
  });
}

/** Seconds for which a pod that is to end goes on serving: a readiness that turned false is heard late. */
function pauseOf(container: Container | undefined): number {
  return container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
}

interface IngressPath {
  path: string;
  backend: { service: { name: string } };
}

/** Every path reaches its owner, raw and decoded, when the longest pattern that fits decides. */
export function routeFindings(manifests: readonly Manifest[]): string[] {
  const ingress = manifests.find(({ kind }) => kind === 'Ingress');
  const rules = ingress?.spec?.['rules'] as { http: { paths: IngressPath[] } }[] | undefined;
  const paths = [...(rules?.[0]?.http.paths ?? [])].sort((a, b) => b.path.length - a.path.length);
  return routes.flatMap(samplesOf).flatMap((raw) => {
    const owner = ownerOf('GET', raw);
    const decoded = decodeURIComponent(raw);
    const found = paths.find(({ path }) => new RegExp(`^${path}`, 'i').test(decoded))?.backend.service.name;
    return found === owner ? [] : [`${raw} goes to ${found ?? 'nobody'} and belongs to ${owner}`];
  });
}

function samplesOf({ pattern }: Route): string[] {
  return ['17', 'acme%2Fwidget'].flatMap((id) => {
    const path = pattern.replace(/:\w+/g, id);
    if (!path.endsWith('*')) return [path, `${path}/below`, `${path}x`];
    const before = path.slice(0, -1);
    return [before, `${before}x`, `${before}/17`, `${before}/17/below`];
  });
}

function containerOf(manifests: readonly Manifest[], service: string) {
  return podOfService(manifests, service)?.containers[0];
}

function podOfService(manifests: readonly Manifest[], service: string): Pod | null {
  const deployment = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === service);
  return deployment ? podOf(deployment) : null;
}
