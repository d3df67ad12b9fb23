import { Access, type Actor, Actors, CurrentActor, RequireScope } from '@crosstie/access';
import { Job } from '@crosstie/domain';
import { TooManyRequests } from '@crosstie/platform';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DataSource, In } from 'typeorm';

import { EventTail, type Listener } from './event-tail.js';
import { StreamQuery } from './stream-query.js';

const streamsPerPersonMax = 10;
const aliveMs = 15_000;
/** A reader that is so far behind is cut off; it comes back and resumes. */
const unsentBytesMax = 1024 * 1024;
const readsLogs = 20;

@Controller('api/crosstie/v1/stream')
export class StreamController {
  constructor(
    @Inject(EventTail) private readonly tail: EventTail,
    @Inject(Access) private readonly access: Access,
    @Inject(Actors) private readonly actors: Actors,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  /** Server-sent events about the projects that the actor sees, until the actor goes or may no longer listen. */
  @Get()
  @RequireScope('read_api')
  async open(
    @CurrentActor() actor: Actor,
    @Query() query: StreamQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (this.tail.countOf(actor.userId) >= streamsPerPersonMax) {
      throw new TooManyRequests(30, `At most ${streamsPerPersonMax} event streams at once for one person.`);
    }
    const traces = await this.readableTraces(actor, query.jobIds());
    const stream = new EventLines(reply);
    const listener: Listener = {
      userId: actor.userId,
      isAdmin: actor.isAdmin,
      traces,
      send: (event, id) => stream.write(JSON.stringify(event), id),
      end: () => stream.end(),
    };
    const alive = setInterval(() => void this.stayAlive(request, stream), aliveMs);
    stream.onClose(() => {
      clearInterval(alive);
      this.tail.remove(listener);
    });
    stream.open();
    const resumeFrom = Number(request.headers['last-event-id'] ?? query.last_event_id ?? Number.NaN);
    const position = await this.tail.add(listener, Number.isSafeInteger(resumeFrom) ? resumeFrom : null);
    stream.alive(position);
  }

  /** Says that the stream lives, to whom it may still speak. */
  private async stayAlive(request: FastifyRequest, stream: EventLines): Promise<void> {
    try {
      await this.actors.of(request);
      stream.alive(null);
    } catch {
      stream.end();
    }
  }

  private async readableTraces(actor: Actor, jobIds: number[]): Promise<Map<number, number>> {
    if (jobIds.length === 0) return new Map();
    const jobs = await this.dataSource
      .getRepository(Job)
      .find({ select: { id: true, projectId: true }, where: { id: In(jobIds) } });
    const traces = new Map<number, number>();
    for (const { id, projectId } of jobs) {
      // Nothing told yet, so that the size of now is told first.
      if (await this.access.allows(actor.userId, readsLogs, projectId)) traces.set(id, -1);
    }
    return traces;
  }
}

/** Writes the lines of a `text/event-stream` answer. */
class EventLines {
  constructor(private readonly reply: FastifyReply) {}

  open(): void {
    this.reply.hijack();
    this.reply.raw.writeHead(200, {
      ...(this.reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.reply.raw.flushHeaders();
  }

  onClose(act: () => void): void {
    this.reply.raw.once('close', act);
  }

  write(data: string, id: number | null): void {
    this.push(`${id === null ? '' : `id: ${id}\n`}data: ${data}\n\n`);
  }

  /** A named event: a comment cannot be seen by the page, which wants to know a dead connection. */
  alive(id: number | null): void {
    this.push(`${id === null ? '' : `id: ${id}\n`}event: alive\ndata: {}\n\n`);
  }

  end(): void {
    this.reply.raw.end();
  }

  private push(text: string): void {
    const { raw } = this.reply;
    if (raw.writableEnded || raw.destroyed) return;
    raw.write(text);
    if (raw.writableLength > unsentBytesMax) raw.destroy();
  }
}
