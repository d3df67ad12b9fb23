import type { PipeTransform } from '@nestjs/common';

import { NotFound } from '../problem.js';

/** Reads an id out of an address. What is no id names nothing, so it is not found. */
export class RecordId implements PipeTransform<string, number> {
  /** @param what the thing in GitLab's words: `Project`, `Pipeline`, `Job` */
  constructor(private readonly what: string) {}

  transform(text: string): number {
    if (!/^[1-9]\d{0,14}$/.test(text)) throw new NotFound(this.what);
    return Number(text);
  }
}
