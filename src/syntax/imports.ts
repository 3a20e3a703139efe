import { scanFile } from './scan.ts';

/** The package that a file belongs to and the paths that it imports; reads no further than the first other declaration. */
export function importsIn(bytes: Buffer): { packageName: string; paths: string[] } {
  const text = bytes.toString('latin1');
  const end = /\n(?:func|type|var|const)[ \t(]/.exec(text)?.index ?? text.length;
  const { packageName, imports } = scanFile(text.slice(0, end));
  return { packageName, paths: imports.map(spec => spec.path) };
}
