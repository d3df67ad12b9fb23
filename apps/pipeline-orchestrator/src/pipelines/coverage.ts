import { StringDecoder } from 'node:string_decoder';

import { Injectable } from '@nestjs/common';
import { coverageSearch } from '@crosstie/ci-config';
import { Database, findJob, noteCoverage } from '@crosstie/domain';

import { TraceReader } from '../logs/trace-reader.js';
import { Graphs } from './graphs.js';

/** A longer line is looked at in pieces. */
const lineCharsMax = 64 * 1024;

/** Finds the coverage in the logs of jobs that say how it is written there. */
@Injectable()
export class Coverage {
  constructor(
    private readonly database: Database,
    private readonly graphs: Graphs,
    private readonly traces: TraceReader,
  ) {}

  /** Reads the log of a job that has ended, where its definition asks for it. May be asked twice. */
  async note(pipelineId: number, jobId: number): Promise<void> {
    const graph = this.graphs.kept(pipelineId);
    if (!graph?.jobs.some((job) => job.coverage)) return;
    const job = await this.database.first(findJob, jobId);
    const search = coverageSearch(graph.jobs[job?.index ?? -1]?.coverage ?? '');
    if (!job || search === null || !graph.jobs[job.index]?.coverage) return;
    for await (const line of this.lines(jobId)) search.line(line);
    if (search.percent !== null) await this.database.run(noteCoverage, jobId, search.percent);
  }

  private async *lines(jobId: number): AsyncGenerator<string> {
    const size = await this.traces.size(jobId);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for await (const piece of this.traces.read(jobId, 0, size - 1)) {
      const lines = (rest + decoder.write(piece)).split(/\r?\n/);
      rest = lines.pop() ?? '';
      yield* lines;
      if (rest.length > lineCharsMax) {
        yield rest;
        rest = '';
      }
    }
    yield rest + decoder.end();
  }
}
