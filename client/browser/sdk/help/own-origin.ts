/**
 * A fetch that asks `origin` and nobody else. MediaPipe Tasks report their use to Google (their README, "Privacy
 * Notice"); whoever runs a service of their own has not asked for that, nor have the people before the camera.
 */
export function ownOriginOnly(fetchAnything: typeof fetch, origin: string): typeof fetch {
  return async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input, origin);
    if (address.origin !== origin) throw new TypeError('only this origin is asked');
    return fetchAnything(input, init);
  };
}
