/** Whether a name can be used outside of its package. */
export function isExported(name: string): boolean {
  return /^\p{Lu}/u.test(name);
}
