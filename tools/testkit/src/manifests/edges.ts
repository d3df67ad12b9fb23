import type { Manifest } from './manifests.js';

interface Peer {
  podSelector?: { matchLabels?: Record<string, string> };
  namespaceSelector?: { matchLabels?: Record<string, string> };
  ipBlock?: { cidr: string };
}

interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { port: string | number }[];
}

interface Policy {
  podSelector: { matchLabels?: Record<string, string> };
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

const github = '0.0.0.0/0:443';
const stores = ['postgresql:5432', 'nats:4222'];
const outward = ['identity-linker', 'pipeline-orchestrator', 'status-reporter'];
const called = ['webhook-gateway', 'identity-linker', 'pipeline-orchestrator', 'runner-api'];
const services = [...called, 'status-reporter'];

/** Who may reach whom: stated here once more, so that a policy that allows more is seen. */
const wanted = new Set([
  '* -> kubernetes.io/metadata.name=kube-system:53',
  'migrate -> postgresql:5432',
  ...services.flatMap((service) => stores.map((store) => `${service} -> ${store}`)),
  ...outward.map((service) => `${service} -> ${github}`),
  ...called.map((service) => `crosstie.dev/ingress=yes -> ${service}:http`),
  ...services.map((service) => `crosstie.dev/metrics=yes -> ${service}:metrics`),
  ...stores.map((store) => `app.kubernetes.io/part-of=crosstie -> ${store}`),
]);

/** Every edge that some NetworkPolicy allows, as `who -> whom:port`. */
export function allowedEdges(manifests: readonly Manifest[]): string[] {
  return manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) => edgesOf(spec as unknown as Policy))
    .sort();
}

/** Edges too many and too few, and pods that no policy closes. */
export function edgeFindings(manifests: readonly Manifest[]): string[] {
  const edges = new Set(allowedEdges(manifests));
  const closed = manifests.some(({ kind, spec }) => kind === 'NetworkPolicy' && closesAll(spec as unknown as Policy));
  return [
    ...[...edges].filter((edge) => !wanted.has(edge)).map((edge) => `${edge} is allowed and should not be`),
    ...[...wanted].filter((edge) => !edges.has(edge)).map((edge) => `${edge} is not allowed and should be`),
    ...(closed ? [] : ['there is no default-deny for all pods in both directions']),
  ];
}

function closesAll(policy: Policy): boolean {
  const both = policy.policyTypes.includes('Ingress') && policy.policyTypes.includes('Egress');
  return !policy.podSelector.matchLabels && both && !policy.ingress && !policy.egress;
}

function edgesOf(policy: Policy): string[] {
  const self = selected(policy.podSelector.matchLabels);
  const into = (policy.ingress ?? []).flatMap((rule) =>
    each(rule.from, rule.ports).map(([peer, port]) => `${peer} -> ${self}:${port}`),
  );
  const out = (policy.egress ?? []).flatMap((rule) =>
    each(rule.to, rule.ports).map(([peer, port]) => `${self} -> ${peer}:${port}`),
  );
  return [...into, ...out];
}

/** A rule without peers or without ports is open to all of them. */
function each(peers: Peer[] | undefined, ports: Rule['ports']): [string, string][] {
  const numbers = [...new Set(ports?.map(({ port }) => String(port)) ?? ['*'])];
  return (peers?.map(nameOf) ?? ['*']).flatMap((peer) => numbers.map((port): [string, string] => [peer, port]));
}

function nameOf({ podSelector, namespaceSelector, ipBlock }: Peer): string {
  if (ipBlock) return ipBlock.cidr;
  return [namespaceSelector, podSelector]
    .filter((selector) => selector !== undefined)
    .map((selector) => selected(selector.matchLabels))
    .join('/');
}

function selected(labels: Record<string, string> | undefined): string {
  if (!labels) return '*';
  const name = labels['app.kubernetes.io/name'];
  return (
    name ??
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',')
  );
}
