import type { Route } from '@crosstie/platform';

const notes = `# Made from the route file (libs/platform/src/route-file.ts) by script/ingress; a test compares.
# The longest pattern decides, as the ingress controller takes them. A project may be named owner/name with its slash
# decoded, so an id is one segment or two.
`;

/** A route's pattern as a regular expression over the decoded path. */
export function ingressPath(pattern: string): string {
  return pattern
    .replaceAll('.', '\\.')
    .replaceAll(/:\w+/g, '[^/]+(/[^/]+)?')
    .replace(/\/\*$/, '/.*')
    .replace(/(?<![/.])\*$/, '(/.*)?$')
    .replace(/(?<!\*|\$)$/, '$');
}

/** The Ingress of all routes, as it lies in k8s/base. */
export function ingressOf(routes: readonly Route[]): string {
  const paths = routes.map(
    ({ pattern, service }) => `          - path: ${ingressPath(pattern)}
            pathType: ImplementationSpecific
            backend: { service: { name: ${service}, port: { name: http } } }
`,
  );
  return `${notes}apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: crosstie
  annotations:
    nginx.ingress.kubernetes.io/use-regex: 'true'
    # Logs, artifacts and the event stream go through while they come; a request for a job is held.
    nginx.ingress.kubernetes.io/proxy-request-buffering: 'off'
    nginx.ingress.kubernetes.io/proxy-buffering: 'off'
    nginx.ingress.kubernetes.io/proxy-body-size: '0'
    nginx.ingress.kubernetes.io/proxy-read-timeout: '3600'
    nginx.ingress.kubernetes.io/proxy-send-timeout: '3600'
spec:
  ingressClassName: nginx
  rules:
    - http:
        paths:
${paths.join('')}`;
}
