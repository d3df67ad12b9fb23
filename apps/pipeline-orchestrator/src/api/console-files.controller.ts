import { PublicRoute } from '@crosstie/access';
import { Problem, Unavailable } from '@crosstie/platform';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { type ConsoleFile, builtConsole, readConsoleFiles } from './console-files.js';

/** What belongs to services: an address there that nobody answers is not a page of the console. */
const ofServices = /^\/(?:api|auth|oauth|webhooks|\.well-known|-\/(?:health|readiness|liveness))(?:\/|$)/i;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: https://avatars.githubusercontent.com",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** The console at every path that is no service's: its files, and its page for every address that it knows itself. */
@Controller()
export class ConsoleFilesController {
  private readonly files: ReadonlyMap<string, ConsoleFile>;

  constructor() {
    this.files = readConsoleFiles(builtConsole);
  }

  @Get('*')
  @PublicRoute('The pages of the console hold nothing; what they show they ask for with the session.')
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const path = request.url.split('?', 1)[0] ?? '/';
    if (ofServices.test(path)) throw new Problem(404, { error: '404 Not Found' }, 'no_route');
    const file = this.files.get(path);
    if (path.startsWith('/assets/') && !file) throw new Problem(404, { error: '404 Not Found' }, 'no_route');
    const page = this.files.get('/index.html');
    if (!page) throw new Unavailable('The console is not built. Run script/build.', 60, 'console_not_built');
    await answer(request, reply, file ?? page);
  }
}

async function answer(request: FastifyRequest, reply: FastifyReply, file: ConsoleFile): Promise<void> {
  const packed = file.gzip !== null && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  void reply.headers({
    'content-type': file.type,
    'content-security-policy': policy,
    // With no-referrer, as elsewhere, a browser sends `Origin: null` with the form that signs out.
    'referrer-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'cache-control': file.hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    ...(packed ? { 'content-encoding': 'gzip' } : {}),
  });
  await reply.send(packed && file.gzip ? file.gzip : file.bytes);
}
