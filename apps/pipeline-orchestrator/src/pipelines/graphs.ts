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
  private readonly known = new Map<string, PipelineGraph>();

  /** The graph of a pipeline's attempt; null when it has no jobs, as a refused one. */
  async of(database: Queryable, pipelineId: number, attempt: number): Promise<PipelineGraph | null> {
    const key = `${pipelineId}/${attempt}`;
    const graph = this.known.get(key) ?? (await read(database, pipelineId, attempt));
    if (graph) this.keep(key, graph);
    return graph;
  }

  private keep(key: string, graph: PipelineGraph): void {
    this.known.delete(key);
    this.known.set(key, graph);
    const [oldest] = this.known.keys();
    if (this.known.size > graphsMax && oldest !== undefined) this.known.delete(oldest);
  }
}

async function read(database: Queryable, pipelineId: number, attempt: number): Promise<PipelineGraph | null> {
  const [row] = await database.run(readPipelineGraph, pipelineId, attempt);
  if (!row) return null;
  const stored = JSON.parse((await unpack(row.body)).toString('utf8')) as { graph: PipelineGraph };
  return stored.graph;
}
