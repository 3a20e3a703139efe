import type { Source, Span } from '../source/text.ts';
import type { Block, Decl, FuncDecl, ImportSpec } from './ast.ts';
import { findBodies } from './bodies.ts';
import { Lowering } from './lower.ts';
import { parseAround, parsePiece } from './parse.ts';
import { bindFunction } from './scope.ts';

/** The declarations of a file, functions without their bodies. */
export interface Outline {
  readonly source: Source;
  readonly packageName: string;
  readonly imports: readonly ImportSpec[];
  readonly decls: readonly Decl[];
  /** The grammar did not understand something between the functions. */
  readonly hasError: boolean;
}

export function outlineOf(source: Source): Outline {
  const bodies = findBodies(source.text);
  const { root, hasError } = parseAround(source.text, bodies);
  const { packageName, decls } = new Lowering(source.text).file(root);
  return { source, packageName, imports: decls.flatMap(d => (d.kind === 'import' ? d.specs : [])), decls: wholeBodies(decls, bodies), hasError };
}

/** A body was read as an empty `{}` around its hole; its span is the scanner's. */
function wholeBodies(decls: readonly Decl[], bodies: readonly Span[]): Decl[] {
  const byStart = new Map(bodies.map(body => [body.start, body]));
  return decls.map(decl => {
    if (decl.kind !== 'func' || !decl.bodySpan) return decl;
    return { ...decl, bodySpan: byStart.get(decl.bodySpan.start) ?? decl.bodySpan };
  });
}

/** Parses and binds a function's body. */
export function parseBody(source: Source, decl: FuncDecl): { body: Block; hasError: boolean } | undefined {
  if (!decl.bodySpan) return undefined;
  const { root, hasError } = parsePiece(source.text, decl.bodySpan);
  const whole = root.children.find(child => child.type === 'block');
  const body = new Lowering(source.text).block(whole ?? root);
  bindFunction(decl, body);
  return { body, hasError };
}
