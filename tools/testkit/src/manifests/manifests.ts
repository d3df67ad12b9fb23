import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { loadAll } from 'js-yaml';

/** A Kubernetes object; only what is looked at has a type. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

interface Kustomization {
  namespace?: string;
  resources?: string[];
  configMapGenerator?: { name: string; literals?: string[]; files?: string[] }[];
  secretGenerator?: { name: string; files: string[] }[];
}

export interface Container {
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  name: string;
  image: string;
  env?: { name: string; value?: string; valueFrom?: { configMapKeyRef: { name: string; key: string } } }[];
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
  ports?: { name: string; containerPort: number }[];
  resources?: { requests?: object; limits?: object };
  securityContext?: Record<string, unknown>;
}

export interface Pod {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  securityContext?: Record<string, unknown>;
  containers: Container[];
  volumes?: {
    name: string;
    secret?: { secretName: string };
    configMap?: { name: string };
    persistentVolumeClaim?: { claimName: string };
    emptyDir?: object;
  }[];
}

/**
 * What `kubectl kustomize` makes of a directory, as far as ours use it: resources and generators, whose names carry no
 * hash here. Secrets come with the names of their keys and without values.
 */
export function readManifests(directory: string): Manifest[] {
  const [kustomization] = loadAll(readFileSync(join(directory, 'kustomization.yaml'), 'utf8')) as Kustomization[];
  const { resources = [], configMapGenerator = [], secretGenerator = [] } = kustomization ?? {};
  const given = resources.flatMap((resource) => {
    const path = join(directory, resource);
    return statSync(path).isDirectory() ? readManifests(path) : (loadAll(readFileSync(path, 'utf8')) as Manifest[]);
  });
  const configMaps = configMapGenerator.map(({ name, literals = [], files = [] }) => {
    const pairs = literals.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
    const contents = files.map((file) => [baseName(file), readFileSync(join(directory, file), 'utf8')]);
    return generated('ConfigMap', name, Object.fromEntries([...pairs, ...contents]) as Record<string, string>);
  });
  const secrets = secretGenerator.map(({ name, files }) =>
    generated('Secret', name, Object.fromEntries(files.map((file) => [baseName(file), '']))),
  );
  return [...given, ...configMaps, ...secrets];
}

/** The pod that a Deployment, StatefulSet or Job makes; null for everything else. */
export function podOf(manifest: Manifest): Pod | null {
  const template = manifest.spec?.['template'] as { spec?: Pod } | undefined;
  return template?.spec ?? null;
}

function generated(kind: string, name: string, data: Record<string, string>): Manifest {
  return { apiVersion: 'v1', kind, metadata: { name }, data };
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
