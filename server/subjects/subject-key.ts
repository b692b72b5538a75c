/** One text for a tenant's subject, different for any other pair of texts. For maps and sets in memory. */
export function subjectKey(tenant: string, subject: string): string {
  return JSON.stringify([tenant, subject]);
}
