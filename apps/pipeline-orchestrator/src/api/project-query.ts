import { asBoolean, PageQuery } from '@crosstie/platform';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, MaxLength } from 'class-validator';

import type { VisibleProject } from './visible-projects.js';

/** Those of GitLab; by what projects here do not have, they stand as they were made. */
const orders = [
  'id',
  'name',
  'path',
  'created_at',
  'updated_at',
  'last_activity_at',
  'similarity',
  'star_count',
] as const;

/** The filters of a list of projects. */
export class ProjectQuery extends PageQuery {
  @IsOptional() @IsString() @MaxLength(255) search?: string;
  @IsOptional() @Transform(({ value }) => asBoolean(value)) @IsBoolean() archived?: boolean;
  @IsOptional() @Transform(({ value }) => Number(value)) @IsInt() min_access_level?: number;
  @IsOptional() @Transform(({ value }) => Number(value)) @IsInt() id_after?: number;
  @IsOptional() @IsIn([...orders]) order_by: (typeof orders)[number] = 'path';
  @IsOptional() @IsIn(['asc', 'desc']) sort: 'asc' | 'desc' = 'asc';

  /** Those that fit, in the order that was asked for. */
  select(all: readonly VisibleProject[]): VisibleProject[] {
    const text = this.search?.toLowerCase();
    const direction = this.sort === 'asc' ? 1 : -1;
    return all
      .filter(({ project }) => text === undefined || project.fullName.toLowerCase().includes(text))
      .filter(({ project }) => this.archived === undefined || project.archived === this.archived)
      .filter(({ level }) => level >= (this.min_access_level ?? 0))
      .filter(({ project }) => project.id > (this.id_after ?? 0))
      .sort((a, b) => direction * this.compare(a, b));
  }

  private compare({ project: a }: VisibleProject, { project: b }: VisibleProject): number {
    if (this.order_by === 'name' || this.order_by === 'path') return a.fullName.localeCompare(b.fullName);
    return a.id - b.id;
  }
}
