import { describe, expect, it } from 'vitest';
import {
  descriptorLimit,
  holdDescriptors,
  roomForConnections,
  takenDescriptors,
} from '../../server/gateway/descriptors.ts';
import type { TransportHandlers } from '../../server/gateway/transport.ts';
import { createWsTransport } from '../../server/gateway/transport-ws.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { startGateway } from './harness.ts';

describe('room for connections', () => {
  it('is twice the WebSockets allowed, and some for requests where those are few', () => {
    expect(roomForConnections(10_000, null, 50)).toEqual({ maxTcpConnections: 20_000, isShort: false });
    expect(roomForConnections(10_000, 1_048_576, 50)).toEqual({ maxTcpConnections: 20_000, isShort: false });
    expect(roomForConnections(10, 1_048_576, 50)).toEqual({ maxTcpConnections: 266, isShort: false });
  });

  it('is fewer where the system gives fewer descriptors, and says when not all WebSockets fit', () => {
    for (const limit of [64, 256, 1024, 4096, 12_000, 20_000]) {
      const { maxTcpConnections, isShort } = roomForConnections(10_000, limit, 50);
      expect(maxTcpConnections).toBeGreaterThan(0);
      expect(50 + maxTcpConnections).toBeLessThan(limit);
      expect([limit, isShort]).toEqual([limit, maxTcpConnections < 10_000]);
    }
    expect(roomForConnections(10_000, 20, 50).maxTcpConnections).toBe(1);
  });

  it('reads the soft limit where the system tells it', () => {
    const told = (soft: string) =>
      `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 524288               files\n`;
    expect(descriptorLimit(told('1024'))).toBe(1024);
    expect(descriptorLimit(told('unlimited'))).toBeNull();
    expect(descriptorLimit('')).toBeNull();
    if (process.platform === 'linux') expect(descriptorLimit()).toBeGreaterThan(0);
  });
});

describe.skipIf(process.platform === 'win32')(
  'the lowest free descriptor (sockets are numbered apart on Windows)',
  () => {
    it('rises with those that are held, and all come back', () => {
      const before = takenDescriptors();
      const held = holdDescriptors(20);
      expect(held.highest).toBeGreaterThanOrEqual(before + 19);
      expect(takenDescriptors()).toBeGreaterThan(held.highest);
      held.release();
      expect(takenDescriptors()).toBeLessThan(held.highest);
    });
  },
);

describe('a server that drops newcomers', () => {
  it('says so once a minute, however many there are', async () => {
    const clock = new VirtualClock();
    let handlers: TransportHandlers | null = null;
    let reports = 0;
    const { gateway } = await startGateway(
      (heard, limits) => {
        handlers = heard;
        return createWsTransport(heard, limits);
      },
      { options: { clock, reportFull: () => (reports += 1) } },
    );
    const drop = () => handlers?.full?.();
    for (let dropped = 0; dropped < 100; dropped += 1) drop();
    expect(reports).toBe(1);
    clock.advance(60_001);
    drop();
    drop();
    expect(reports).toBe(2);
    await gateway.close();
  });
});
