import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { Injectable } from '@nestjs/common';
import { type Queryable, readPipelineGraph } from '@crosstie/domain';
import type { PipelineGraph } from '@crosstie/pipeline';

const unpack = promisify(gunzip);

/** So many graphs are kept; a pipeline that moves again later costs one read. */
const graphsMax = 500;

/** The immutable graphs of pipelines, the most recently used in memory. */
@Injectable()
export class Graphs {
  private readonly known = new Map<number, { attempt: number; graph: PipelineGraph }>();

  /**
   * The graph of a pipeline's attempt; null when it has no jobs, as a refused one.
   *
   * @param stored as it stands in the database, where somebody has read it just now
   */
  async of(
    database: Queryable,
    pipelineId: number,
    attempt: number,
    stored: Buffer | null = null,
  ): Promise<PipelineGraph | null> {
    const known = this.known.get(pipelineId);
    if (known?.attempt === attempt) {
      this.keep(pipelineId, known);
      return known.graph;
    }
    const body = stored ?? (await database.run(readPipelineGraph, pipelineId, attempt))[0]?.body;
    if (!body) return null;
    const { graph } = JSON.parse((await unpack(body)).toString('utf8')) as { graph: PipelineGraph };
    this.keep(pipelineId, { attempt, graph });
    return graph;
  }

  /** The graph that was used last, if it is still in memory. */
  kept(pipelineId: number): PipelineGraph | null {
    return this.known.get(pipelineId)?.graph ?? null;
  }

  /** The attempt whose graph is in memory; 0 for none. */
  attemptOf(pipelineId: number): number {
    return this.known.get(pipelineId)?.attempt ?? 0;
  }

  private keep(key: number, graph: { attempt: number; graph: PipelineGraph }): void {
    this.known.delete(key);
    this.known.set(key, graph);
    const [oldest] = this.known.keys();
    if (this.known.size > graphsMax && oldest !== undefined) this.known.delete(oldest);
  }
}
