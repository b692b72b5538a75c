/** No page lies deeper. Beyond it links are not relative: a path of slashes would make the page for 404 a long one. */
const DEEPEST = 8;

/**
 * The same address seen from a page, so that the site works under a path of a proxy as well, which only the browser
 * knows. From `/operator`, `/account` is `./account`; from `/operator/sign-in` it is `../account`.
 * @param from path of the page, beginning with a slash
 * @param to path within the site, beginning with a slash, query and fragment included
 */
export function linkFrom(from: string, to: string): string {
  const depth = from.split('/').length - 2;
  if (depth > DEEPEST) return to;
  return `${depth === 0 ? './' : '../'.repeat(depth)}${to.slice(1)}`;
}

/** A document whose links to its own site are written as seen from its path. */
export function withLinksFrom(from: string, html: string): string {
  return html.replaceAll(/(?<=\s(?:href|src)=")\/(?!\/)[^"]*(?=")/g, (to) => linkFrom(from, to));
}
