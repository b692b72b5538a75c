/** Where the site begins: its scripts lie in `assets/` below. A proxy may serve it under a path of its own. */
const ROOT = new URL('../', import.meta.url);

/**
 * The address of a path of this site, for links, requests and sockets.
 * @param path beginning with a slash, such as `/account#face`
 */
export function siteUrl(path: string): string {
  return new URL(`.${path}`, ROOT).href;
}

/** Leaves for another page of this site. */
export function goTo(path: string): void {
  location.assign(siteUrl(path));
}
