/**
 * A fetch that is limited to `origin`. MediaPipe Tasks send usage statistics to Google (their README, "Privacy
 * Notice"). Neither the operator of a self-hosted service nor the person before the camera has agreed to that.
 */
export function ownOriginOnly(fetchAnything: typeof fetch, origin: string): typeof fetch {
  return async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input, origin);
    if (address.origin !== origin) throw new TypeError('only this origin is asked');
    return fetchAnything(input, init);
  };
}
