import type { FastifyReply } from 'fastify';

/** Whether somebody is still at the other end, and word of when nobody is. */
export interface Connection {
  isGone(): boolean;
  onGone(tell: () => void): void;
}

/** Of the request that this reply answers. */
export function connectionOf(reply: FastifyReply): Connection {
  const { raw } = reply;
  return {
    isGone: () => raw.destroyed || raw.socket === null || raw.socket.destroyed,
    onGone: (tell) => void raw.once('close', tell),
  };
}
