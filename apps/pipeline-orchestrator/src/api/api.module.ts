import { AccessModule } from '@crosstie/access';
import { ContextModule, type ServiceContext } from '@crosstie/messaging';
import { Etag, PageAnswer } from '@crosstie/platform';
import { type DynamicModule, Module } from '@nestjs/common';

import { CommitsController } from './commits.controller.js';
import { ConsoleFilesController } from './console-files.controller.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveryReads } from './delivery-reads.js';
import { EnvironmentStops } from '../definitions/environment-stops.js';
import { StoredJobs } from '../definitions/stored-jobs.js';
import { EnvironmentsController } from './environments.controller.js';
import { EventTail } from './event-tail.js';
import { JobReads } from './job-reads.js';
import { JobViewsController } from './job-views.controller.js';
import { JobsController } from './jobs.controller.js';
import { LintController } from './lint.controller.js';
import { NotServedController } from './not-served.controller.js';
import { PeopleNames } from './people-names.js';
import { PipelineReads } from './pipeline-reads.js';
import { PipelineViewsController } from './pipeline-views.controller.js';
import { PipelineViews } from './pipeline-views.js';
import { PipelinesController } from './pipelines.controller.js';
import { ProjectId } from './project-id.pipe.js';
import { ProjectsController } from './projects.controller.js';
import { ResourceGroupsController } from './resource-groups.controller.js';
import { StreamController } from './stream.controller.js';
import { TraceController } from './trace.controller.js';
import { LogWatchers } from '../logs/log-watchers.js';
import { TraceReader } from '../logs/trace-reader.js';
import { VersionController } from './version.controller.js';
import { Viewers } from './viewer.js';
import { VisibleProjects } from './visible-projects.js';
import { WaitingPushesController } from './waiting-pushes.controller.js';

/** What people and tools read and ask, the event stream and the console's files. */
@Module({})
export class ApiModule {
  /** @param answering modules that export `PipelineActions` and `ConfigLint` */
  static register(context: ServiceContext, answering: readonly DynamicModule[]): DynamicModule {
    return {
      module: ApiModule,
      imports: [ContextModule.of(context), AccessModule.of(context), ...answering],
      controllers: [
        VersionController,
        ProjectsController,
        PipelinesController,
        JobsController,
        TraceController,
        CommitsController,
        LintController,
        DeliveriesController,
        DeadLettersController,
        PipelineViewsController,
        JobViewsController,
        EnvironmentsController,
        ResourceGroupsController,
        StreamController,
        WaitingPushesController,
        // Last: they answer at every path that is nobody else's.
        NotServedController,
        ConsoleFilesController,
      ],
      providers: [
        DeliveryReads,
        EnvironmentStops,
        Etag,
        EventTail,
        JobReads,
        PageAnswer,
        PeopleNames,
        PipelineReads,
        PipelineViews,
        ProjectId,
        LogWatchers,
        StoredJobs,
        TraceReader,
        Viewers,
        VisibleProjects,
      ],
    };
  }
}
