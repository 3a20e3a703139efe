/** The functions of a package with their bodies: declared ones and, each on its own, the literals inside them. */
import { graphOf } from '../flow/build.ts';
import type { FlowGraph } from '../flow/graph.ts';
import type { FuncInfo } from '../program/package.ts';
import type { Env } from '../program/resolve.ts';
import type { Site } from '../source/text.ts';
import type { Block, Expr, FuncLit, FuncNode, Ident } from '../syntax/ast.ts';
import { literalsIn } from '../syntax/walk.ts';
import type { Pass } from './pass.ts';

export interface Body {
  /** The declared function that this is or that it is written in. */
  readonly info: FuncInfo;
  readonly node: FuncNode;
  readonly block: Block;
  readonly graph: FlowGraph;
  readonly env: Env;
}

/** The bodies in which a finding may lie, of those whose text may matter, as `matters` says; the others are not parsed. */
export function askedBodies(pass: Pass, matters: (info: FuncInfo) => boolean): Generator<Body> {
  return bodiesWith(pass, info => pass.isAsked(info.file) && matters(info));
}

/** The same in the whole package, for what is known of it. */
export function* bodiesWith(pass: Pass, matters: (info: FuncInfo) => boolean): Generator<Body> {
  for (const info of pass.pkg.funcs) if (matters(info)) yield* bodiesOf(info, pass);
}

/** Whether a body in which a finding may lie has the words. */
export function askedMention(words: RegExp, { pkg, isAsked }: Pass): boolean {
  return pkg.funcs.some(info => isAsked(info.file) && words.test(info.bodyText));
}

export function* bodiesOf(info: FuncInfo, pass: Pass): Generator<Body> {
  const block = info.body();
  if (!block) return;
  const env = pass.contracts.envOf(info);
  yield { info, node: info.decl, block, graph: graphOf(info.decl, block), env };
  for (const literal of literalsIn(block)) yield { info, node: literal, block: literal.body, graph: graphOf(literal, literal.body), env };
}

export function bodyOf(info: FuncInfo, pass: Pass): Body | undefined {
  for (const body of bodiesOf(info, pass)) return body;
  return undefined;
}

/** A literal as a body of its own; `within` says in which function it stands where that is not the one around `from`. */
export function literalBody(literal: FuncLit, within: FuncInfo | undefined, from: Body, pass: Pass): Body {
  const info = within ?? from.info;
  return { info, node: literal, block: literal.body, graph: graphOf(literal, literal.body), env: pass.contracts.envOf(info) };
}

export function siteIn(info: FuncInfo, node: { readonly start: number; readonly end: number }): Site {
  return { source: info.file.source, start: node.start, end: node.end };
}

/** A leak in a test ends with the test. */
export function isTest({ info }: Body): boolean {
  return info.file.kind.test;
}

interface Param {
  readonly name: Ident | undefined;
  readonly type: Expr;
  readonly variadic: boolean;
}

/** The parameters of a function, one by one. */
export function paramsOf({ type }: FuncNode): Param[] {
  return type.params.flatMap(({ names, type, variadic }): Param[] => (names.length ? names.map(name => ({ name, type, variadic })) : [{ name: undefined, type, variadic }]));
}
