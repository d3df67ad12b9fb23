import type { CompiledImage, CompiledService } from '../../contract.js';
import { limits } from '../../limits.js';
import { listNode } from '../../nodes.js';
import { flatten, openList } from '../flatten.js';
import { nested } from '../json-schema.js';
import { byKind, integer, list, mapped, oneOf, oneOrMany, record, shape, text, texts, type Shape } from '../shape.js';
import { plainVariables } from '../variables.js';

const pullPolicy = oneOrMany(oneOf('always', 'if-not-present', 'never'), { empty: "can't be blank" });
const name = text({ blank: false });

const imageFields = {
  name,
  entrypoint: texts(),
  pull_policy: pullPolicy,
  docker: record(
    { platform: text({ max: 64, blank: false }), user: text({ max: 255, blank: false }) },
    { empty: false },
  ),
  kubernetes: record(
    { user: byKind<string | number>('a string or an integer', { text: text(), other: integer() }) },
    { empty: false },
  ),
};

/** `image`: the name alone, or a hash. */
export const image: Shape<CompiledImage> = byKind<CompiledImage>('a hash or a string', {
  text: mapped(name, (value) => ({ name: value })),
  map: mapped(record(imageFields, { required: ['name'] }), (value) => value as unknown as CompiledImage),
});

const service: Shape<CompiledService> = byKind<CompiledService>('a hash or a string', {
  text: mapped(name, (value) => ({ name: value })),
  map: mapped(
    record({ ...imageFields, alias: text(), command: texts(), variables: plainVariables }, { required: ['name'] }),
    ({ variables, ...rest }) => {
      const made = { ...rest } as unknown as CompiledService;
      if (variables) {
        made.variables = Object.create(null) as Record<string, string>;
        for (const [key, variable] of variables) made.variables[key] = variable.value;
      }
      return made;
    },
  ),
});

const services = list(service, { words: 'an array of hashes or strings' });

/** `services`: nested lists, as `!reference` leaves them, are opened. */
export const serviceList: Shape<CompiledService[]> = shape(
  services.words,
  (node, spot) => {
    return services.read(openList(node), spot);
  },
  nested(service.schema),
);

/** `tags`: fewer than 50 texts. */
export const tags: Shape<string[]> = shape(
  'an array of strings',
  (node, spot) => {
    const items = node.kind === 'list' ? flatten(node) : null;
    const flat = items === null ? node : listNode(items, node);
    if (flat.kind === 'list' && flat.items.length >= limits.tags) {
      return spot.fault('length', `must be less than the limit of ${limits.tags} tags, not ${flat.items.length}`, node);
    }
    return texts().read(flat, spot);
  },
  { ...nested({ type: 'string' }), maxItems: limits.tags - 1 },
);
