import { Controller, Get, HttpCode, Inject, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Problem } from '../problem.js';
import { isError } from '../is-error.js';

/**
 * One thing that a service needs in order to serve. Any provider of a subclass, in any module, is asked by
 * `/readyz`; `check` throws an error whose message says what is wrong.
 */
export abstract class ReadinessCheck {
  abstract readonly name: string;
  abstract check(): Promise<void>;
}

export interface ServiceIdentity {
  readonly name: string;
  readonly version: string;
  readonly draining: () => boolean;
}

const identityToken = Symbol('ServiceIdentity');
const checkTimeoutMs = 2_000;

@Controller()
class HealthController {
  constructor(
    @Inject(identityToken) private readonly service: ServiceIdentity,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  @Get('healthz')
  @HttpCode(200)
  lives(): { service: string; pid: number; version: string } {
    return { service: this.service.name, pid: process.pid, version: this.service.version };
  }

  @Get('readyz')
  @HttpCode(200)
  async ready(): Promise<{ ready: true; checks: Record<string, string> }> {
    const results = await Promise.all(this.checks().map(askOne));
    const checks = Object.fromEntries(results.map(({ name, trouble }) => [name, trouble ?? 'ok']));
    const well = results.every(({ trouble }) => trouble === null);
    if (this.service.draining()) throw new Problem(503, { ready: false, draining: true, checks }, 'draining');
    if (!well) throw new Problem(503, { ready: false, checks }, 'not_ready');
    return { ready: true, checks };
  }

  private checks(): ReadinessCheck[] {
    const found = this.discovery.getProviders().map((wrapper): unknown => wrapper.instance);
    return [...new Set(found.filter((instance) => instance instanceof ReadinessCheck))];
  }
}

async function askOne(check: ReadinessCheck): Promise<{ name: string; trouble: string | null }> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${checkTimeoutMs} ms`)), checkTimeoutMs);
  });
  try {
    await Promise.race([check.check(), tooLong]);
    return { name: check.name, trouble: null };
  } catch (error) {
    return { name: check.name, trouble: isError(error) ? error.message : 'failed' };
  } finally {
    clearTimeout(timer);
  }
}

/** `/healthz` and `/readyz` of one process. */
@Module({})
export class HealthModule {
  static of(identity: ServiceIdentity): DynamicModule {
    return {
      module: HealthModule,
      imports: [DiscoveryModule],
      controllers: [HealthController],
      providers: [{ provide: identityToken, useValue: identity }],
    };
  }
}
