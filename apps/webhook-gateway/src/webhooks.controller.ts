import { LimitRoute, Problem } from '@crosstie/platform';
import { All, Controller, HttpCode, Injectable, Req, UseGuards } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ReceiveDelivery } from './receive-delivery.js';

@Injectable()
class OnlyPost implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    if (http.getRequest<FastifyRequest>().method === 'POST') return true;
    http.getResponse<FastifyReply>().header('allow', 'POST');
    throw new Problem(405, { message: '405 Method Not Allowed' }, 'method');
  }
}

const mebibyte = 1024 * 1024;

@Controller('webhooks/github')
@UseGuards(OnlyPost)
export class WebhooksController {
  constructor(private readonly deliveries: ReceiveDelivery) {}

  // GitHub's own limit is 25 MB. The bytes in flight bound the memory, the address bound one sender's share.
  @LimitRoute({
    bodyBytesMax: 26 * mebibyte,
    bodyDeadlineMs: 10_000,
    inFlightBytesMax: 160 * mebibyte,
    perAddressMax: 128,
    mediaTypes: ['application/json'],
    mediaTypeHint: 'Set the content type of the webhook to application/json.',
    rawBody: true,
  })
  @All()
  @HttpCode(202)
  async receive(@Req() request: FastifyRequest): Promise<void> {
    const { headers, rawBody } = request;
    await this.deliveries.receive({
      signature: headers['x-hub-signature-256'],
      guid: headers['x-github-delivery'],
      event: headers['x-github-event'],
      body: rawBody ?? Buffer.alloc(0),
    });
  }
}
