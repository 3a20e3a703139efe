import type { GoFile } from '../program/package.ts';

/** Tests, and what only tests use: what they ask for ends with them. */
export function isTesting({ kind, imports }: GoFile): boolean {
  return kind.test || imports.some(({ path }) => path === 'testing' || path === 'net/http/httptest');
}
