const SERVICE_PATHS = /^\/(v1|\.well-known|healthz|readyz|metrics|sdk)(\/|$)/;

/** Whether a path belongs to the service, so that a site beside it never serves it, even where nothing is there. */
export function isServicePath(path: string): boolean {
  return SERVICE_PATHS.test(path);
}
