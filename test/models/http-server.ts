import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Runs the body against an HTTP server on this machine; `requests` counts what reached it. */
export async function withServer(
  answer: Parameters<typeof createServer>[1] & object,
  body: (url: string, requests: () => number) => Promise<void>,
): Promise<void> {
  let count = 0;
  const server: Server = createServer((request, response) => {
    count++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.onnx`, () => count);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
