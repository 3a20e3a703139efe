/**
 * Go's grammar by recursive descent, straight to our own syntax: several times faster than a grammar in wasm and a copy of its
 * tree. It reads what is right and gives up at the first token that is not; what it gives up goes to tree-sitter,
 * which makes something of broken code (see ../declarations.ts).
 */
import { timed } from '../../source/clock.ts';
import type { Span } from '../../source/text.ts';
import type * as ast from '../ast.ts';
import type { Piece } from '../scan.ts';
import { NotUnderstood } from './lexer.ts';
import { Statements } from './statements.ts';

/** What `read` makes of all of the text between two offsets; undefined where that is no Go. */
function whole<T>(text: string, { start, end }: Span, read: (parser: Statements) => T): T | undefined {
  return timed('parse', () => {
    try {
      const parser = new Statements(text, start, end);
      const found = read(parser);
      parser.finish();
      return found;
    } catch (error) {
      if (error instanceof NotUnderstood) return undefined;
      throw error;
    }
  });
}

export function parseBlock(text: string, span: Span): ast.Block | undefined {
  return whole(text, span, parser => parser.block());
}

/** A function without its body. */
export function parseHead(text: string, { start, end, body }: Piece): ast.FuncDecl | undefined {
  return whole(text, { start, end: body?.start ?? end }, parser => ({ ...parser.funcHead(), end, bodySpan: body }));
}

export function parseFunc(text: string, piece: Piece): { decl: ast.FuncDecl; body: ast.Block } | undefined {
  return whole(text, piece, parser => {
    const head = parser.funcHead();
    const body = parser.block();
    return { decl: { ...head, end: piece.end, bodySpan: piece.body }, body };
  });
}

/** A declaration that is no function, or one spec out of a group. */
export function parseDecl(text: string, piece: Piece): ReturnType<Statements['decl']> | undefined {
  return whole(text, piece, parser => {
    if (!piece.grouped) return parser.decl();
    return piece.keyword === 'type' ? { kind: 'type', specs: [parser.typeSpec()] } : { kind: 'var', specs: [parser.valueSpec()] };
  });
}
