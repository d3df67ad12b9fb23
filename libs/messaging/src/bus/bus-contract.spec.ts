import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Database, type Parameter, type Statement, createDataSource, statement } from '@crosstie/domain';
import { type CrosstieConfig, Logger, createHttpApp, loadConfig, redactValue } from '@crosstie/platform';
import { type FreshDatabase, freshDatabase, startNatsServer, until } from '@crosstie/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Controller, type INestApplication, Module, type Type } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';

import { attachBus } from '../attach-bus.js';
import type { ServiceContext } from '../context.js';
import { deadLetters, replayDeadLetter } from '../dead-letters.js';
import { EventHandler, RequestHandler } from '../event-handler.js';
import type { Incoming, NewEvent, StoredEvent } from '../events.js';
import { InProcessBus } from '../in-process/in-process-bus.js';
import { JetStreamBus } from '../jetstream/jetstream-bus.js';
import { RetryLater, Unrecoverable } from '../outcomes.js';
import { Outbox } from '../outbox.js';
import { RequestFailed, RequestTimedOut, Requests } from '../requests.js';
import { type ServiceName, serviceNames } from '../service-name.js';
import { Wakes } from '../wakes.js';
import type { Bus, BusOptions } from './bus.js';

type Handler = (event: Incoming) => Promise<void>;
type Handlers = Partial<Record<ServiceName, Handler>>;
type Answers = Record<string, (payload: unknown) => Promise<unknown>>;

/** A bus as one process has it. */
interface Made {
  bus: Bus;
  /** Ends it as a killed process would. */
  kill(): Promise<void>;
}

interface BusMaker {
  make(database: Database, options: Partial<BusOptions>): Promise<Made>;
  /** Deletes all that the bus holds. @returns whether the process itself holds it and is gone with it */
  loseStore(database: Database): Promise<{ withProcess: boolean }>;
  /** Away from other tests on the same server. */
  renew(): void;
}

const finished = (jobId: number): NewEvent => ({
  type: 'job.finished',
  payload: { jobId, pipelineId: 1, status: 'success' },
});
const forgetPositions = statement<[], never>(
  'test_forget_positions',
  { bus_position: 'd', event_attempt: 'd' },
  'WITH a AS (DELETE FROM event_attempt) DELETE FROM bus_position',
);
const untold = statement<[], { id: number }>(
  'test_untold',
  { outbox_event: 's' },
  'SELECT id FROM outbox_event WHERE published_at IS NULL',
);
const never = new Promise<never>(() => undefined);
const jobOf = (event: Incoming): number => (event.payload as { jobId: number }).jobId;

function gate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

/** What both buses hold to. */
function busContract(name: string, maker: BusMaker): void {
  describe(`the bus ${name}`, () => {
    let store: FreshDatabase;
    let database: Database;
    const running = new Set<{ stop(): Promise<void> }>();

    beforeAll(async () => {
      store = await freshDatabase();
      const dataSource = createDataSource({ url: store.url, applicationName: 'bus contract' });
      database = new Database(await dataSource.initialize());
    });
    afterEach(async () => {
      await Promise.all([...running].map((each) => each.stop()));
      running.clear();
      await database.dataSource.query('TRUNCATE outbox_event, event_attempt, bus_position, dead_letter');
      maker.renew();
    });
    afterAll(async () => {
      await database.dataSource.destroy();
      await store.drop();
    });

    /** One process: a bus, an outbox that is swept often, and what its services do about job.finished. */
    async function start(handlers: Handlers, options: Partial<BusOptions> = {}, answers: Answers = {}) {
      const { own, cutOff } = mortalDatabase();
      const made = await maker.make(own, { backOffMs: () => 20, attemptsMax: 3, drainMs: 500, ...options });
      await made.bus.start();
      for (const [service, handler] of Object.entries(handlers) as [ServiceName, Handler][]) {
        const requests = new Map(Object.entries(answers));
        await made.bus.attach({ service, events: new Map([['job.finished', handler]]), requests });
      }
      const kill = async (): Promise<void> => {
        cutOff();
        await made.kill();
      };
      return surround({ bus: made.bus, kill });
    }

    /** The database as a process sees it: once that is killed, its statements neither run nor come back. */
    function mortalDatabase(): { own: Database; cutOff: () => void } {
      let dead = false;
      const own = Object.create(database) as Database;
      own.run = async <P extends readonly Parameter[], R>(given: Statement<P, R>, ...parameters: P): Promise<R[]> => {
        if (dead) await never;
        const rows = await database.run(given, ...parameters);
        if (dead) await never;
        return rows;
      };
      return { own, cutOff: () => (dead = true) };
    }

    function surround(made: Made) {
      const options = { sweepIntervalMs: 50, sweepAgeMs: 0 };
      const outbox = new Outbox(database, made.bus, Logger.silent(), options);
      const sweep = setInterval(() => void outbox.runOnce().catch(() => undefined), 50);
      let over = false;
      const end = async (how: () => Promise<void>): Promise<void> => {
        if (over) return;
        over = true;
        clearInterval(sweep);
        await how();
      };
      const process = {
        bus: made.bus,
        outbox,
        say: async (...events: NewEvent[]): Promise<StoredEvent[]> => {
          const rows = await database.transaction((tx) => outbox.append(tx, events));
          outbox.publish(rows);
          return rows;
        },
        kill: () => end(() => made.kill()),
        stop: () =>
          end(async () => {
            await outbox.stop();
            await made.bus.stop();
            await outbox.flush();
          }),
      };
      running.add(process);
      return process;
    }

    /** A handler that remembers, and then does as told. */
    function remembering(then: Handler = async () => undefined) {
      const seen: { job: number; attempt: number }[] = [];
      const handler: Handler = async (event) => {
        seen.push({ job: jobOf(event), attempt: event.attempt });
        await then(event);
      };
      return { seen, handler };
    }

    it('gives an event to each service, and lets two fail apart', async () => {
      const well = remembering();
      const ill = remembering(async (event) => {
        if (event.attempt === 1) throw new Error('not yet');
      });
      const process = await start({ 'runner-api': well.handler, 'status-reporter': ill.handler });
      await process.say(finished(1));
      await until(() => ill.seen.length === 2 && well.seen.length === 1, 'both have it');
      expect(well.seen).toEqual([{ job: 1, attempt: 1 }]);
      expect(ill.seen).toEqual([
        { job: 1, attempt: 1 },
        { job: 1, attempt: 2 },
      ]);
    });

    it('gives an event again after the delay that was asked for, which is no attempt', async () => {
      const times: number[] = [];
      const patient = remembering(async () => {
        times.push(performance.now());
        if (times.length <= 4) throw new RetryLater(120, 'GitHub is slow');
      });
      const process = await start({ 'runner-api': patient.handler });
      await process.say(finished(1));
      await until(() => times.length === 5, 'five times');
      expect(patient.seen.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
      for (const [n, time] of times.slice(1).entries()) expect(time - (times[n] ?? 0)).toBeGreaterThan(110);
    });

    it('keeps the original error of an event that nobody could handle, and replays it for that service alone', async () => {
      let healed = false;
      redactValue('hunter2-hunter2');
      const ill = remembering(async () => {
        if (!healed) throw new TypeError('row 17 is odd: hunter2-hunter2', { cause: new Error('the disk is wet') });
      });
      const well = remembering();
      const process = await start({ 'runner-api': well.handler, 'status-reporter': ill.handler });
      const [event] = await process.say(finished(1));
      const [letter] = await until(async () => {
        const letters = await deadLetters(database);
        return letters.length > 0 && letters;
      }, 'a dead letter');
      expect(letter).toMatchObject({
        service: 'status-reporter',
        eventId: event?.eventId,
        attempts: 3,
        replayedAt: null,
      });
      expect(letter?.error).toMatch(/TypeError: row 17 is odd: \[secret\][\s\S]*caused by Error: the disk is wet/);
      healed = true;
      await replayDeadLetter(database, letter?.id ?? 0);
      await until(() => ill.seen.length === 4, 'the replay');
      expect(ill.seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1]);
      expect(well.seen).toHaveLength(1);
      expect(await deadLetters(database)).toEqual([]);
    });

    it('gives an event up at once when trying again cannot help', async () => {
      const ill = remembering(async () => {
        throw new Unrecoverable('there is no such job');
      });
      const process = await start({ 'runner-api': ill.handler });
      await process.say(finished(1));
      await until(async () => (await deadLetters(database)).length === 1, 'a dead letter');
      expect(ill.seen).toHaveLength(1);
    });

    it('counts a start that ended in a crash, and ends in a dead letter', async () => {
      const deadly = remembering(() => never);
      let process = await start({ 'runner-api': deadly.handler });
      await process.say(finished(1));
      for (const starts of [1, 2, 3]) {
        await until(() => deadly.seen.length === starts, `start ${starts}`);
        await process.kill();
        process = await start({ 'runner-api': deadly.handler });
      }
      const [letter] = await until(async () => {
        const letters = await deadLetters(database);
        return letters.length > 0 && letters;
      }, 'a dead letter');
      expect(deadly.seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      expect(letter).toMatchObject({ attempts: 3, error: expect.stringContaining('The process ended while') });
    });

    it('does not let an event that kills the process take those beside it along', async () => {
      const handled = new Set<number>();
      let starts = 0;
      /** A process that is dead once job 0 was begun: nothing in it comes to an end any more. */
      async function mortal() {
        let die = (): void => undefined;
        const died = new Promise<void>((resolve) => (die = resolve));
        let dead = false;
        const handler: Handler = async (event) => {
          if (jobOf(event) === 0) {
            starts += 1;
            dead = true;
            die();
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (dead) await never;
          handled.add(jobOf(event));
        };
        return {
          died,
          process: await start({ 'runner-api': handler }, { concurrency: 8 }),
        };
      }
      let { died, process } = await mortal();
      await process.say(...[0, 1, 2, 3, 4].map(finished));
      const buried = until(async () => (await deadLetters(database)).length > 0, 'a dead letter', 28_000);
      for (let over = false; !over;) {
        over = await Promise.race([died.then(() => false), buried.then(() => true)]);
        if (over) break;
        await process.kill();
        ({ died, process } = await mortal());
      }
      await until(() => handled.size === 4, 'the others are handled');
      expect(starts).toBe(3);
      const letters = await deadLetters(database);
      expect(letters.map(({ payload }) => payload['jobId'])).toEqual([0]);
    });

    it('counts a handler that hangs as failed', async () => {
      const hung = remembering(() => never);
      const process = await start({ 'runner-api': hung.handler }, { handlerTimeoutMs: 30, attemptsMax: 2 });
      await process.say(finished(1));
      const [letter] = await until(async () => {
        const letters = await deadLetters(database);
        return letters.length > 0 && letters;
      }, 'a dead letter');
      expect(letter?.error).toContain('did not end within 30 ms');
    });

    it('runs no more handlers of a service at once than allowed', async () => {
      let now = 0;
      let most = 0;
      const busy = remembering(async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now -= 1;
      });
      const process = await start({ 'runner-api': busy.handler }, { concurrency: 4 });
      await process.say(...Array.from({ length: 60 }, (_, n) => finished(n)));
      await until(() => busy.seen.length === 60, 'all sixty');
      expect(most).toBe(4);
    });

    it('costs no statement at a first delivery, and gives an event once that was told twice', async () => {
      const ofHandling = (): number =>
        ['begin_attempt', 'end_attempts', 'postpone_event', 'bury_event']
          .map((each) => database.counts.byName.get(each) ?? 0)
          .reduce((sum, count) => sum + count);
      const before = ofHandling();
      const well = remembering();
      const process = await start({ 'runner-api': well.handler });
      const rows = await process.say(finished(1));
      process.outbox.publish(rows);
      await until(async () => (await database.run(untold)).length === 0, 'it is marked');
      await process.say(finished(2));
      await until(() => well.seen.length >= 2, 'the second');
      expect(well.seen.map(({ job }) => job)).toEqual([1, 2]);
      expect(ofHandling()).toBe(before);
    });

    it('loses a wake that nobody hears, and no other', async () => {
      const process = await start({});
      const wakes = new Wakes(process.bus);
      wakes.publish([1]);
      const heard: (readonly number[])[] = [];
      wakes.subscribe(() => {
        throw new Error('deaf');
      });
      const end = wakes.subscribe((laneIds) => heard.push(laneIds));
      await until(() => {
        wakes.publish([7, 7, 9]);
        return heard.some(([lane]) => lane === 7);
      }, 'a wake');
      expect(heard).toContainEqual([7, 7, 9]);
      end();
      const length = heard.length;
      wakes.publish([8]);
      const other: (readonly number[])[] = [];
      wakes.subscribe((laneIds) => other.push(laneIds));
      await until(() => {
        wakes.publish([5]);
        return other.some(([lane]) => lane === 5);
      }, 'the other hears');
      expect(heard.slice(length).filter(([lane]) => lane === 5 || lane === 8)).toEqual([]);
    });

    it('handles after a restart what was told before it', async () => {
      const stuck = remembering(() => never);
      const before = await start({ 'runner-api': stuck.handler }, { concurrency: 1 });
      await before.say(...[1, 2, 3, 4, 5].map(finished));
      await until(async () => stuck.seen.length === 1 && (await database.run(untold)).length === 0, 'all are told');
      await before.kill();
      const well = remembering();
      await start({ 'runner-api': well.handler });
      await until(() => new Set(well.seen.map(({ job }) => job)).size === 5, 'all five');
      expect([...new Set(well.seen.map(({ job }) => job))].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    });

    it('tells what was committed and never told', async () => {
      const well = remembering();
      const process = await start({ 'runner-api': well.handler });
      await database.transaction((tx) => process.outbox.append(tx, [finished(1)]));
      await until(() => well.seen.length === 1, 'the sweep');
    });

    it('handles everything although the whole store of the bus was deleted', async () => {
      const { open, opened } = gate();
      const slow = remembering(() => opened);
      const process = await start({ 'runner-api': slow.handler }, { concurrency: 2 });
      await process.say(...Array.from({ length: 20 }, (_, n) => finished(n)));
      await until(async () => slow.seen.length === 2 && (await database.run(untold)).length === 0, 'all are told');
      const { withProcess } = await maker.loseStore(database);
      const after = remembering();
      if (withProcess) {
        await process.kill();
        await start({ 'runner-api': after.handler });
      }
      open();
      const jobs = (): Set<number> => new Set([...after.seen, ...(withProcess ? [] : slow.seen)].map(({ job }) => job));
      await until(() => jobs().size === 20, 'all twenty');
    });

    it('waits for running handlers when it stops, and gives the rest after the next start', async () => {
      const { open, opened } = gate();
      const slow = remembering(() => opened);
      const process = await start({ 'runner-api': slow.handler }, { concurrency: 1 });
      await process.say(finished(1), finished(2), finished(3));
      await until(() => slow.seen.length === 1, 'the first runs');
      let stopped = false;
      const stopping = process.stop().then(() => (stopped = true));
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(stopped).toBe(false);
      open();
      await stopping;
      expect(slow.seen).toHaveLength(1);
      expect(await database.run(untold)).toEqual([]);
      const next = remembering();
      await start({ 'runner-api': next.handler });
      await until(() => next.seen.length === 2, 'the rest');
      expect(next.seen.map(({ job }) => job).sort((a, b) => a - b)).toEqual([2, 3]);
    });

    it('asks and is answered, told of a failure, or told that nobody answered in time', async () => {
      const { open, opened } = gate();
      const answers: Answers = {
        'access.github_role': async (payload) => {
          const { userId } = payload as { userId: number };
          if (userId === 2) throw new Error('GitHub does not know them');
          if (userId === 3) await opened;
          return { level: 30, because: 'write' };
        },
      };
      const { bus } = await start({ 'identity-linker': async () => undefined }, {}, answers);
      const requests = new Requests(bus);
      const ask = (userId: number, timeoutMs: number) =>
        requests.ask('access.github_role', { userId, projectId: 1 }, { timeoutMs });
      expect(await ask(1, 2000)).toEqual({ level: 30, because: 'write' });
      await expect(ask(2, 2000)).rejects.toEqual(new RequestFailed('access.github_role', 'GitHub does not know them'));
      await expect(ask(3, 60)).rejects.toThrow(RequestTimedOut);
      const nobody = requests.ask('token.lease', { purpose: 'read', projectId: 1 }, { timeoutMs: 120 });
      await expect(nobody).rejects.toThrow('token.lease was not answered within 120 ms');
      open();
    });

    describe('under Nest', () => {
      /** An app that joins the five services, with these controllers. */
      async function join(...controllers: Type[]) {
        @Module({ controllers })
        class Joint {}
        const made = await maker.make(database, { backOffMs: () => 20, attemptsMax: 2 });
        await made.bus.start();
        const config: CrosstieConfig = loadConfig({});
        const app: INestApplication = await createHttpApp(Joint, { config, logger: Logger.silent() });
        const process = surround(made);
        running.delete(process);
        running.add({
          stop: async () => {
            await app.close();
            await process.stop();
          },
        });
        const context = { bus: made.bus, outbox: process.outbox } as ServiceContext;
        await attachBus(app, context, serviceNames);
        return process;
      }

      it('runs a handler once, although five services share the app', async () => {
        const seen: string[] = [];
        @Controller()
        class Runners {
          @EventHandler('runner-api', 'job.finished')
          async hear(_event: Incoming<'job.finished'>): Promise<void> {
            seen.push('runner-api');
          }

          @RequestHandler('runner-api', 'access.github_role')
          async level(asked: { userId: number }): Promise<{ level: 30; because: string }> {
            return { level: 30, because: String(asked.userId) };
          }
        }
        @Controller()
        class Statuses {
          @EventHandler('status-reporter', 'job.finished')
          async hear(_event: Incoming<'job.finished'>): Promise<void> {
            seen.push('status-reporter');
          }
        }
        const process = await join(Runners, Statuses);
        await process.say(finished(1), finished(2));
        await until(() => seen.length >= 4, 'each hears both');
        const asked = { userId: 5, projectId: 1 };
        const answer = await new Requests(process.bus).ask('access.github_role', asked, { timeoutMs: 2000 });
        expect(answer).toEqual({ level: 30, because: '5' });
        expect(seen.sort()).toEqual(['runner-api', 'runner-api', 'status-reporter', 'status-reporter']);
      });

      it('refuses to start with two handlers of one service and type', async () => {
        @Controller()
        class One {
          @EventHandler('runner-api', 'job.finished')
          async hear(_event: Incoming<'job.finished'>): Promise<void> {}
        }
        @Controller()
        class Two {
          @EventHandler('runner-api', 'job.finished')
          async hear(_event: Incoming<'job.finished'>): Promise<void> {}
        }
        await expect(join(One, Two)).rejects.toThrow('runner-api has two handlers of job.finished; one is allowed');
      });

      it('refuses to start with a handler that names no service', async () => {
        @Controller()
        class Stray {
          @EventPattern('job.finished')
          async hear(_event: unknown): Promise<void> {}
        }
        await expect(join(Stray)).rejects.toThrow('declare it with @EventHandler');
      });

      it('keeps the error that the handler threw, and not what Nest makes of it', async () => {
        @Controller()
        class Ill {
          @EventHandler('runner-api', 'job.finished')
          async hear(_event: Incoming<'job.finished'>): Promise<void> {
            throw new RangeError('the ninth of eight');
          }
        }
        const process = await join(Ill);
        await process.say(finished(1));
        const [letter] = await until(async () => {
          const letters = await deadLetters(database);
          return letters.length > 0 && letters;
        }, 'a dead letter');
        expect(letter?.error).toMatch(/^RangeError: the ninth of eight/);
        expect(letter?.attempts).toBe(2);
      });
    });
  });
}

busContract('inside one process', {
  make: async (database, options) => {
    const bus = new InProcessBus(database, Logger.silent(), options);
    // Its memory is all it has: nobody reads it any more.
    return { bus, kill: async () => undefined };
  },
  loseStore: async (database) => {
    await database.run(forgetPositions);
    return { withProcess: true };
  },
  renew: () => undefined,
});

const nats = await findNats();
let prefix = newPrefix();

function newPrefix(): string {
  return `t${Math.random().toString(36).slice(2)}`;
}

if (nats) {
  busContract('over JetStream', {
    make: async (database, options) => {
      const natsOptions = { url: nats.url, name: 'contract', prefix, ackWaitMs: 1000 };
      const bus = new JetStreamBus(natsOptions, database, Logger.silent(), options);
      return { bus, kill: () => cut(bus) };
    },
    loseStore: async () => {
      const nc = await connect({ servers: nats.url });
      await (await jetstreamManager(nc)).streams.delete(prefix.toUpperCase());
      await nc.close();
      return { withProcess: false };
    },
    renew: () => (prefix = newPrefix()),
  });
  afterAll(() => nats.stop());
} else {
  describe.skip('the bus over JetStream', () => {
    it('is not shown: there is no nats-server here', () => undefined);
  });
}

/** Closes the connection as the end of a process does; nothing is acknowledged or told after it. */
async function cut(bus: JetStreamBus): Promise<void> {
  const { link } = bus as unknown as { link: { closing: boolean; linked: { nc: { close(): Promise<void> } } } };
  link.closing = true;
  await link.linked.nc.close();
  await bus.stop();
}

/** The server of this test run, or one of our own where there is a nats-server. */
async function findNats(): Promise<{ url: string; stop: () => Promise<void> } | null> {
  const given = process.env['CROSSTIE_TEST_NATS_URL'];
  if (given) return { url: given, stop: async () => undefined };
  const directory = await mkdtemp(join(tmpdir(), 'crosstie-nats-'));
  const server = await startNatsServer(directory);
  if (!server) return null;
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { url: server.url, stop };
}
