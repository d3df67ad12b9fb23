import { Access } from '@crosstie/access';
import { Inject, Injectable, type PipeTransform } from '@nestjs/common';

/** Turns `17` or `owner/repo`, as an address names a project, into its number. Throws NotFound. */
@Injectable()
export class ProjectId implements PipeTransform<string, Promise<number>> {
  constructor(@Inject(Access) private readonly access: Access) {}

  transform(ref: string): Promise<number> {
    return this.access.projectId(ref);
  }
}
