import { ValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata, ValidationError } from '@nestjs/common';
import { BadRequest } from '../problem.js';

/** Checks bodies and queries against their classes; what a class does not name is left out, as GitLab does. */
export function validationPipe(): ValidationPipe {
  return new BodyValidation({
    transform: true,
    whitelist: true,
    exceptionFactory: (errors) => new BadRequest(errors.flatMap((error) => sentences(error, '')).join(', ')),
  });
}

/**
 * Leaves single parameters to their own pipes. Nest's would first make a number of whatever a handler
 * declares as one: of `owner/repo`, which a pipe turns into a project's number, it makes NaN.
 */
class BodyValidation extends ValidationPipe {
  protected override transformPrimitive(value: unknown, _metadata: ArgumentMetadata): unknown {
    return value;
  }
}

function sentences(error: ValidationError, path: string): string[] {
  const name = path === '' ? error.property : `${path}[${error.property}]`;
  if (error.children?.length) return error.children.flatMap((child) => sentences(child, name));
  return [error.value === undefined ? `${name} is missing` : `${name} does not have a valid value`];
}
