import type { PlainObject, PlainValue } from '../../contract.js';
import { limits } from '../../limits.js';
import { isString, given, type MapNode } from '../../nodes.js';
import { parseDuration } from '../duration.js';
import { flag, mapped, oneOf, oneOrMany, record, shape, text, texts, type Shape } from '../shape.js';

export const reportTypes = (
  'accessibility annotations api_fuzzing browser_performance cluster_image_scanning codequality container_scanning ' +
  'coverage_fuzzing cyclonedx dast dependency_scanning dotenv junit license_scanning load_performance lsif metrics ' +
  'performance repository_xray requirements requirements_v2 sarif sast secret_detection terraform'
).split(' ');

/** Reports that only GitLab's own pages would show. */
const NOT_SHOWN = new Set(
  (
    'sast secret_detection dependency_scanning container_scanning cluster_image_scanning dast api_fuzzing ' +
    'coverage_fuzzing license_scanning requirements requirements_v2 metrics lsif repository_xray'
  ).split(' '),
);

const path = oneOrMany(text(), { words: 'an array of strings' });
const reportFields: Record<string, Shape<PlainValue>> = Object.fromEntries(reportTypes.map((type) => [type, path]));
reportFields['coverage_report'] = record(
  { coverage_format: oneOf('cobertura', 'jacoco'), path: text({ blank: false }) },
  { required: ['coverage_format', 'path'] },
) as Shape<PlainValue>;

const expireIn = text({
  check: (value) =>
    value === 'never' || parseDuration(value) !== null
      ? undefined
      : `should be a duration, or \`never\`, not \`${value.slice(0, 100)}\``,
});

const exposeAs = text({
  pattern: '^\\w[-\\w ]*$',
  max: limits.exposeAsChars,
  check: (value) => (/^\w[-\w ]*$/.test(value) ? undefined : 'can contain only letters, digits, `-`, `_` and spaces'),
});

const fields = {
  name: text(),
  untracked: flag(),
  paths: texts(),
  reports: mapped(record(reportFields), (value, node, spot) => {
    const hidden = Object.keys(value).filter((type) => NOT_SHOWN.has(type));
    if (hidden.length > 0) spot.warn('no_effect', `${hidden.join(', ')} is kept as an artifact and not shown`, node);
    return value;
  }),
  when: oneOf('on_success', 'on_failure', 'always'),
  expire_in: expireIn,
  expose_as: exposeAs,
  exclude: texts(),
  public: flag(),
  access: oneOf('none', 'developer', 'maintainer', 'all'),
};

const artifactsHash = record(fields, { exclusive: [['public', 'access']] });

/** `artifacts`, as written once every part has been checked. */
export const artifacts: Shape<PlainObject> = shape(
  'a hash',
  (node, spot) => {
    const read = artifactsHash.read(node, spot) as PlainObject | undefined;
    if (read === undefined || node.kind !== 'map' || read['expose_as'] === undefined) return read;
    return checkExposed(node) ? read : spot.fault('expose_as', exposeWithoutPaths, given(node, 'expose_as') ?? node);
  },
  artifactsHash.schema,
);

const exposeWithoutPaths = 'expose_as needs `paths` without `*`';

function checkExposed(node: MapNode): boolean {
  const paths = given(node, 'paths');
  return (
    paths?.kind === 'list' &&
    paths.items.length > 0 &&
    !paths.items.some((item) => isString(item) && item.value.includes('*'))
  );
}
