import { afterEach, describe, expect, it } from 'vitest';
import { chooseTransport } from '../../server/gateway/transport-choice.ts';
import type { Gateway } from '../../server/gateway/gateway.ts';
import { ProtocolClient, startGateway } from './harness.ts';
import { rawConnection, upgradeRequest } from './sockets.ts';

let gateway: Gateway | null = null;
afterEach(() => gateway?.close());

// Of uWS, which counts from eight seconds, `test/hostile/requests.contract.test.ts` shows it among others that wait.
describe('idleness over ws', () => {
  it('R32: cuts off a peer that answers no ping and keeps one that does', async () => {
    const idleTimeoutMs = 1_000;
    // A peer that says nothing is not to be ended by the wait for its hello.
    const limits = { idleTimeoutMs, helloTimeoutMs: 600_000 };
    const running = await startGateway(chooseTransport('ws').create, { limits });
    ({ gateway } = running);
    const alive = await ProtocolClient.welcomed(running);
    const { socket, heard } = rawConnection(running.port);
    socket.write(upgradeRequest('/v1/stream'));
    await heard;
    for (let pings = 0; pings < 3; pings += 1) {
      await new Promise((resolve) => {
        alive.raw.socket.once('ping', resolve);
      });
    }
    alive.sayFrame(1);
    await alive.hear('credit');
    expect(running.gateway.connections).toBe(1);
  });
});
