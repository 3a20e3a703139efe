import { createHash } from 'node:crypto';

/** Tells texts apart; empty for no text, and short, since there are many. */
export function hashOf(text: string): string {
  return text && createHash('sha1').update(text).digest('base64url').slice(0, 16);
}
