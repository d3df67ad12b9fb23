import type { PlainObject, PlainValue } from '../../contract.js';
import { limits } from '../../limits.js';
import { openList } from '../flatten.js';
import { anyOf, nested } from '../json-schema.js';
import { byKind, flag, list, mapped, oneOf, record, shape, text, texts, type RecordOf, type Shape } from '../shape.js';

const POLICIES = ['pull-push', 'push', 'pull'];

const keyText = text({
  pattern: '^(?!(?:\\.|%2[eE]){1,2}$)(?!.*(?:/|%2[fF]))',
  check: (value) => {
    if (/\/|%2f/i.test(value)) return `cannot contain the "/" character, nor %2F: \`${value.slice(0, 100)}\``;
    return /^(?:\.|%2e){1,2}$/i.test(value) ? `cannot be "." or ".."` : undefined;
  },
});

const keyFiles = mapped(texts({ max: limits.cacheKeyFiles, empty: 'requires at least 1 item' }), (paths) =>
  paths.map((path) => path.replace(/^\/+/, '')),
);

const keyFields = record({ files: keyFiles, files_commits: keyFiles, prefix: keyText });

const keyHash = shape(
  'a hash',
  (node, spot) => {
    const fields = keyFields.read(node, spot);
    if (fields === undefined) return undefined;
    const given = [fields.files, fields.files_commits].filter((value) => value !== undefined).length;
    if (given === 0) return spot.fault('required', 'config missing required keys: files, or files_commits', node);
    if (given === 2)
      return spot.fault('exclusive', 'config: these keys cannot be used together: files, files_commits', node);
    return fields;
  },
  { ...keyFields.schema, anyOf: [{ required: ['files'] }, { required: ['files_commits'] }] },
);

const key = byKind<PlainValue>('a hash or a string', { text: keyText, map: keyHash });

const policy = text({
  pattern: `^(?:${POLICIES.join('|')})$|^\\$`,
  check: (value) =>
    POLICIES.includes(value) || value.startsWith('$')
      ? undefined
      : `should be one of: ${POLICIES.join(', ')}, or a variable, not \`${value.slice(0, 100)}\``,
});

const cacheFields = {
  key,
  paths: texts(),
  untracked: flag(),
  policy,
  when: oneOf('on_success', 'on_failure', 'always'),
  unprotect: flag(),
  fallback_keys: texts({ max: limits.fallbackKeys }),
};

const cache = mapped(record(cacheFields), (value) => withDefaults(value));

function withDefaults(value: RecordOf<typeof cacheFields>): PlainObject {
  const made: PlainObject = {
    key: value.key ?? 'default',
    paths: value.paths ?? [],
    policy: value.policy ?? 'pull-push',
    when: value.when ?? 'on_success',
    unprotect: value.unprotect ?? false,
    fallback_keys: value.fallback_keys ?? [],
  };
  if (value.untracked !== undefined) made['untracked'] = value.untracked;
  return made;
}

const many = list(cache, { words: 'a hash or an array of hashes' });

/** `cache`: one hash or up to four, always a list in the answer. */
export const caches: Shape<PlainObject[]> = shape(
  'a hash or an array of hashes',
  (node, spot) => {
    if (node.kind !== 'list') {
      const one = node.kind === 'map' ? cache.read(node, spot) : spot.wrong('a hash or an array of hashes', node);
      return one === undefined ? undefined : [one];
    }
    const open = openList(node);
    if (open.kind === 'list' && open.items.length > limits.caches) {
      const what = `no more than ${limits.caches} caches can be created, not ${open.items.length}`;
      return spot.fault('length', what, node);
    }
    return many.read(open, spot);
  },
  anyOf([cache.schema, { ...nested(cache.schema), maxItems: limits.caches }]),
);
