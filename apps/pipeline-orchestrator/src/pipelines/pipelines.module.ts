import { type DynamicModule, Module } from '@nestjs/common';
import { ContextModule, type ServiceContext } from '@crosstie/messaging';
import { TokenClientModule } from '@crosstie/token-vault';

import { LogWatchers } from '../logs/log-watchers.js';
import { TraceReader } from '../logs/trace-reader.js';
import { EnvironmentStops } from '../definitions/environment-stops.js';
import { StoredJobs } from '../definitions/stored-jobs.js';
import { Coverage } from './coverage.js';
import { DelayedJobs } from './delayed-jobs.js';
import { EnvironmentSweep } from './environment-sweep.js';
import { Graphs } from './graphs.js';
import { JobEvents } from './job-events.controller.js';
import { JobRetrier } from './job-retrier.js';
import { PipelineCanceler } from './pipeline-canceler.js';
import { PipelineMover } from './pipeline-mover.js';
import { PipelineSweep } from './pipeline-sweep.js';
import { RedundantPipelines } from './redundant-pipelines.js';
import { ResourceSweep } from './resource-sweep.js';
import { Resources } from './resources.js';
import { ProjectEvents } from './project-events.controller.js';

/** What moves pipelines once they are there. */
@Module({})
export class PipelinesModule {
  static register(context: ServiceContext): DynamicModule {
    return {
      module: PipelinesModule,
      imports: [ContextModule.of(context), TokenClientModule.of(context)],
      controllers: [JobEvents, ProjectEvents],
      providers: [
        Coverage,
        DelayedJobs,
        EnvironmentStops,
        EnvironmentSweep,
        LogWatchers,
        Graphs,
        JobRetrier,
        PipelineCanceler,
        PipelineMover,
        PipelineSweep,
        RedundantPipelines,
        ResourceSweep,
        Resources,
        StoredJobs,
        TraceReader,
      ],
      exports: [JobRetrier, PipelineCanceler],
    };
  }
}
