import { styleText } from 'node:util';
import type { TextStyle } from '../report/text.ts';

/** `--color`, then NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE, TERM=dumb, then whether the stream is a terminal. */
export function usesColour(when: 'auto' | 'always' | 'never', isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (when !== 'auto') return when === 'always';
  if (env['NO_COLOR']) return false;
  if ((env['FORCE_COLOR'] ?? '0') !== '0' || (env['CLICOLOR_FORCE'] ?? '0') !== '0') return true;
  return env['TERM'] !== 'dumb' && isTerminal;
}

const NAMES = { red: 'red', yellow: 'yellow', cyan: 'cyan', dim: 'dim', bold: 'bold' } as const;

export function painter(coloured: boolean): TextStyle['paint'] {
  return coloured ? (colour, text) => styleText(NAMES[colour], text, { validateStream: false }) : (_, text) => text;
}
