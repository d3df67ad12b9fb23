import { describe, expect, it } from '@jest/globals';

import { type ReadTrace, TraceFeed, windowBytes } from './trace-feed.js';

/** A server's log that a test lets grow, and the reads that were asked of it. */
function serverLog() {
  let log = '';
  const reads: number[] = [];
  const read: ReadTrace = (offset, limit) => {
    reads.push(offset);
    const all = new TextEncoder().encode(log);
    return Promise.resolve({ bytes: all.subarray(offset, offset + limit), size: all.length });
  };
  return { reads, read, write: (text: string) => (log += text), size: () => log.length };
}

function settled(feed: TraceFeed): Promise<void> {
  return new Promise((done) => {
    if (!feed.state().reading) return done();
    const leave = feed.subscribe(() => {
      if (feed.state().reading) return;
      leave();
      done();
    });
  });
}

describe('the feed of a log', () => {
  it('reads windows one after the other until it has all', async () => {
    const server = serverLog();
    server.write('line\n'.repeat((windowBytes / 5) * 2));
    const feed = new TraceFeed(server.read);
    feed.load();
    await settled(feed);
    expect(feed.state()).toMatchObject({ loaded: server.size(), size: server.size(), error: null });
    expect(server.reads).toEqual([0, windowBytes, server.size()].filter((at) => at < server.size()));
  });

  it('reads what was added when it is told that the log has grown', async () => {
    const server = serverLog();
    const feed = new TraceFeed(server.read);
    feed.load();
    await settled(feed);
    server.write('one\ntwo\n');
    feed.grewTo(server.size());
    await settled(feed);
    expect(feed.state().lineCount).toBe(2);
    feed.grewTo(3);
    expect(feed.state().reading).toBe(false);
  });

  it('asks once more when it was told of growth while it was reading', async () => {
    const server = serverLog();
    server.write('one\n');
    const feed = new TraceFeed(server.read);
    feed.load();
    server.write('two\n');
    feed.grewTo(server.size());
    await settled(feed);
    expect(feed.state().lineCount).toBe(2);
  });

  it('keeps what it has when a read fails, and goes on when asked', async () => {
    const server = serverLog();
    server.write('one\n');
    let broken = false;
    const feed = new TraceFeed((offset, limit) =>
      broken ? Promise.reject(new Error('gone')) : server.read(offset, limit),
    );
    feed.load();
    await settled(feed);
    broken = true;
    server.write('two\n');
    feed.grewTo(server.size());
    await settled(feed);
    expect(feed.state()).toMatchObject({ lineCount: 1, error: new Error('gone') });
    broken = false;
    feed.load();
    await settled(feed);
    expect(feed.state()).toMatchObject({ lineCount: 2, error: null });
  });
});
