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
  const whole = parseAround(source.text, bodies);
  const { packageName, decls } = whole.hasError ? onePerOne(source.text, bodies) : new Lowering(source.text).file(whole.root);
  return {
    source, packageName, imports: decls.flatMap(d => (d.kind === 'import' ? d.specs : [])), decls: wholeBodies(decls, bodies), hasError: whole.hasError,
  };
}

/**
 * Reads the declarations one by one, so that one which the grammar does not know (a generic method) or which is broken
 * does not swallow its neighbours.
 */
function onePerOne(text: string, bodies: readonly Span[]): { packageName: string; decls: Decl[] } {
  let packageName = '';
  const decls: Decl[] = [];
  for (const span of declarationsIn(text, bodies)) {
    const { root, hasError } = parseAround(text, bodies, span);
    const readable = hasError ? withoutTypes(text, span, bodies) : undefined;
    const file = readable === undefined ? new Lowering(text).file(root) : new Lowering(readable).file(parseAround(readable, bodies, span).root);
    packageName ||= file.packageName;
    decls.push(...file.decls);
  }
  return { packageName, decls };
}

/** From each keyword in the first column, outside of bodies, to the next. */
function declarationsIn(text: string, bodies: readonly Span[]): Span[] {
  const starts = [...text.matchAll(/^(?:package|import|func|type|var|const)\b/gm)].map(match => match.index)
    .filter(at => !bodies.some(body => body.start < at && at < body.end));
  return starts.map((start, i) => ({ start, end: starts[i + 1] ?? text.length }));
}

/**
 * A signature that cannot be read, blanked out up to what can: first the type parameters of a method, which are newer
 * than the grammar, then all but the name. The body keeps its findings, and every offset stays what it was.
 */
function withoutTypes(text: string, span: Span, bodies: readonly Span[]): string | undefined {
  const body = bodies.find(b => b.start >= span.start && b.end <= span.end);
  const head = body && /^func\s*(?:\([^)]*\)\s*)?(\w+)/.exec(text.slice(span.start, body.start));
  if (!body || !head) return undefined;
  const rest = span.start + head[0].length;
  const blank = (from: number, to: number, by: string) => text.slice(0, from) + by.padEnd(to - from) + text.slice(to);
  const bracket = /^\s*\[[^(]*\](?=\()/.exec(text.slice(rest, body.start));
  const withoutParams = bracket && blank(rest, rest + bracket[0].length, '');
  if (withoutParams && !parseAround(withoutParams, bodies, span).hasError) return withoutParams;
  return body.start - rest >= 2 ? blank(rest, body.start, '()') : undefined;
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
