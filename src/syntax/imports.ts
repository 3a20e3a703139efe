import { scanFile } from './scan.ts';

/** The paths that a file imports; reads no further than the first other declaration. */
export function importsIn(bytes: Buffer): string[] {
  const text = bytes.toString('latin1');
  const end = /\n(?:func|type|var|const)[ \t(]/.exec(text)?.index ?? text.length;
  return scanFile(text.slice(0, end)).imports.map(spec => spec.path);
}
