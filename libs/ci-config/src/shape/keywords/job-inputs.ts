import type { PlainObject } from '../../contract.js';
import { compilePattern } from '../../decide/regex.js';
import { isOfType, textOf } from '../../inputs/bind.js';
import { quote } from '../../findings.js';
import { limits } from '../../limits.js';
import { isNull, type Node } from '../../nodes.js';
import { toPlain } from '../plain-value.js';
import { byKind, integer, oneOf, record, shape, text, type Shape, type Spot } from '../shape.js';

const node = shape<Node>('any value', (one) => one);
const jobInput = record({
  default: node,
  type: oneOf('string', 'number', 'boolean', 'array'),
  description: byKind<string | number>('a string or an integer', { text: text(), other: integer() }),
  options: shape<readonly Node[]>(
    'a list',
    (one, spot) => (one.kind === 'list' ? one.items : spot.wrong('a list', one)),
    { type: 'array' },
  ),
  regex: text(),
});

/** `inputs` of a job: each has a default, and the default fits what it says about itself. */
export const jobInputs: Shape<PlainObject> = shape(
  'a hash',
  (one, spot) => {
    if (one.kind !== 'map') return spot.wrong('a hash', one);
    if (one.entries.size > limits.jobInputs) {
      return spot.fault('length', `has too many entries (maximum ${limits.jobInputs})`, one);
    }
    let sound = true;
    for (const [name, entry] of one.entries) sound = checkInput(entry.value, spot.in(name)) && sound;
    return sound ? (toPlain(one) as PlainObject) : undefined;
  },
  {
    type: 'object',
    additionalProperties: { ...jobInput.schema, required: ['default'] },
    maxProperties: limits.jobInputs,
  },
);

function checkInput(one: Node, spot: Spot): boolean {
  const input = jobInput.read(one, spot);
  if (input === undefined) return false;
  const { default: value, type = 'string', options, regex } = input;
  const fault = (what: string, at: Node) => {
    spot.fault('input', what, at);
    return false;
  };
  if (value === undefined || isNull(value)) return fault('must have a default value', one);
  // A text input takes the text of anything, as inputs of a file do.
  if (type !== 'string' && !isOfType(value, type)) return fault(`default value is not of the type ${type}`, value);
  const written = textOf(value) ?? '';
  if (options && !options.some((option) => textOf(option) === written)) {
    return fault(`${quote(written)} cannot be used because it is not in the list of allowed options`, value);
  }
  if (regex === undefined) return true;
  const pattern = compilePattern(regex, '');
  if (pattern === null) return fault('has an invalid regular expression', one);
  return pattern.matches(written) || fault('default value does not match required RegEx pattern', value);
}
