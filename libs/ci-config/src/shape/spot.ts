import { found, plain, type Report } from '../findings.js';
import type { Node } from '../nodes.js';

/**
 * Where a shape is being read: the path for messages, and the report that takes them. The path is
 * put together only when there is something to say.
 */
export class Spot {
  constructor(
    private readonly own: string,
    readonly report: Report,
    private readonly parent?: Spot,
  ) {}

  get path(): string {
    const before = this.parent?.path ?? '';
    return before === '' ? plain(this.own) : `${before}:${plain(this.own)}`;
  }

  in(key: string): Spot {
    return new Spot(key, this.report, this);
  }

  /** Reports a fault; `what` goes on after the path. A reference that led nowhere has been reported before. */
  fault(code: string, what: string, at: Node): undefined {
    if (at.kind === 'reference') return;
    const { path } = this;
    this.report.error(code, `${path === '' ? 'root' : path} ${what}.`, path, at);
    return undefined;
  }

  /** The commonest fault: a value of the wrong kind. */
  wrong(words: string, node: Node): undefined {
    return this.fault('type', `should be ${words}, not ${found(node)}`, node);
  }

  warn(code: string, what: string, at: Node): void {
    this.report.warn(code, `${this.path} ${what}.`, this.path, at);
  }
}
