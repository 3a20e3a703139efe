/** How findings speak of code. */
import type { Step } from '../finding.ts';
import type { Turn } from '../flow/search.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import type { FuncInfo } from '../program/package.ts';
import type { Call, Expr } from '../syntax/ast.ts';
import { type Body, siteIn } from './bodies.ts';

const LONGEST = 60;

/** The source text of an expression, cut to a line. */
export function textOf(x: Expr, info: FuncInfo): string {
  const text = info.file.source.text.slice(x.start, x.end).replace(/\s+/g, ' ');
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** `http.Get`, `c.client.Do`: the function that is called, as written. */
export function describeCall(call: Call, body: Body): string {
  const text = textOf(call.fun, body.info);
  return /^[\w.]+$/.test(text) ? text : calleeName(calleeOf(call, body.env)) ?? 'this call';
}

/** The branches taken on a way, as steps of a trail; the last few are enough. */
export function turnSteps(turns: readonly Turn[], info: FuncInfo): Step[] {
  return turns.slice(-4).map(({ condition, taken }) => ({
    at: siteIn(info, condition),
    note: `${textOf(condition, info)} is ${taken}`,
  }));
}
