import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from '@nestjs/common';
import { BadRequest } from '../problem.js';

/** Checks bodies and queries against their classes; what a class does not name is left out, as GitLab does. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    exceptionFactory: (errors) => new BadRequest(errors.flatMap((error) => sentences(error, '')).join(', ')),
  });
}

function sentences(error: ValidationError, path: string): string[] {
  const name = path === '' ? error.property : `${path}[${error.property}]`;
  if (error.children?.length) return error.children.flatMap((child) => sentences(child, name));
  return [error.value === undefined ? `${name} is missing` : `${name} does not have a valid value`];
}
