/**
 * Cancel functions that are put into a field which nothing ever reads: whoever has the value cannot end what the context
 * is for. `q.ctx, q.cancel = context.WithCancel(ctx)`, and `q.cancel` is not mentioned again.
 */
import type { Finding } from '../../finding.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { FuncInfo } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import type { Named } from '../../program/types.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body, siteIn } from '../bodies.ts';
import { isCommand } from '../calls/commands.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';
import { describeCall } from '../words.ts';

interface Kept {
  readonly owner: Named;
  readonly field: string;
  readonly at: Expr;
}

const GIVES_CANCEL = /^(?:context\.With(?:Cancel|Timeout|Deadline)(?:Cause)?|os\/signal\.NotifyContext)$/;

export function* forgottenCancels(pass: Pass): Generator<Finding> {
  for (const body of askedBodies(pass, ({ bodyText }) => /\bWith(?:Cancel|Timeout|Deadline)|\bNotifyContext\(/.test(bodyText))) {
    // What the program has once ends with it.
    if (isCommand(body) || (body.info.pkg.name === 'main' && /^(?:main|init)$/.test(body.info.name))) continue;
    for (const { op } of operations(body.graph)) {
      const [made] = op.kind === 'assign' ? op.rhs : [];
      const call = made && unparen(made);
      if (op.kind !== 'assign' || call?.kind !== 'call' || op.lhs.length !== 2 || !op.lhs[1] || !GIVES_CANCEL.test(calleeName(calleeOf(call, body.env)) ?? '')) continue;
      const kept = keptBy(op.lhs[1], body);
      const [first] = kept;
      if (first && kept.every(at => isNeverRead(at, pass))) yield finding(call, first, body);
    }
  }
}

function finding(call: Call, { owner, field, at: kept }: Kept, body: Body): Finding {
  const at = siteIn(body.info, { start: call.start, end: call.fun.end });
  return {
    at,
    confidence: 'medium',
    message: `The cancel function of ${describeCall(call, body)} is kept in the field ${field} of ${owner.name}, which nothing ever reads, so it is never called.`,
    trail: [{ at, note: 'the cancel function is acquired' }, { at: siteIn(body.info, kept), note: `it is put into ${field}, where nobody looks for it` }],
  };
}

/** The fields that the cancel function is put into; none where it goes anywhere else as well. */
function keptBy(target: Expr, body: Body): readonly Kept[] {
  const x = unparen(target);
  if (x.kind === 'selector') return fieldAt(x, body.env) ?? [];
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === body.node && x.entity.role === 'local' ? x.entity : undefined;
  return variable && variable.assigned.length === 0 ? keptThrough(variable, body) : [];
}

/** `cancel` of `q.cancel = cancel` and `&queue{cancel: cancel}`, as long as that is all that is done with it. */
function keptThrough(variable: Variable, { block, env }: Body): readonly Kept[] {
  const isIt = (x: Expr) => {
    const inner = unparen(x);
    return inner.kind === 'ident' && inner.entity === variable && inner !== variable.ident;
  };
  const found: Kept[] = [];
  let mentions = 0;
  walkStmts(block.stmts, {
    stmt: stmt => {
      if (stmt.kind !== 'assign' || stmt.lhs.length !== stmt.rhs.length) return;
      stmt.lhs.forEach((target, i) => {
        const [value, place] = [stmt.rhs[i], unparen(target)];
        if (value && isIt(value) && place.kind === 'selector') found.push(...fieldAt(place, env) ?? []);
      });
    },
    expr: x => {
      if (isIt(x) && x.kind === 'ident') mentions++;
      if (x.kind !== 'composite') return;
      const type = typeOf(x, env);
      // The key has the name of the field, whatever variable is called so.
      mentions -= x.elements.filter(({ key }) => key && isIt(key)).length;
      for (const { key, value } of x.elements) if (key?.kind === 'ident' && isIt(value) && type.kind === 'named') found.push({ owner: type, field: key.name, at: value });
    },
  });
  return found.length === mentions ? found : [];
}

function fieldAt(x: Expr & { kind: 'selector' }, env: Env): readonly Kept[] | undefined {
  const member = memberOf(typeOf(x.x, env), x.sel.name, env.program);
  return member?.kind === 'field' && member.owner ? [{ owner: member.owner, field: x.sel.name, at: x }] : undefined;
}

/** A field that only the package knows, and that no function of it mentions but to put something in. */
function isNeverRead({ owner, field }: Kept, pass: Pass): boolean {
  if (owner.pkg !== pass.pkg.path || owner.def?.isLocal || (isExported(field) && pass.pkg.name !== 'main')) return false;
  const mention = new RegExp(`\\.${field}\\b`);
  return pass.pkg.funcs.every(func => !mention.test(func.bodyText) || !reads(func, owner, field, pass));
}

function reads(func: FuncInfo, owner: Named, field: string, pass: Pass): boolean {
  const env = pass.contracts.envOf(func);
  const targets = new Set<Expr>();
  let found = false;
  walkStmts(func.body()?.stmts ?? [], {
    stmt: stmt => {
      if (stmt.kind === 'assign') for (const x of stmt.lhs) targets.add(unparen(x));
    },
    expr: x => {
      if (x.kind !== 'selector' || x.sel.name !== field || targets.has(x)) return;
      const member = memberOf(typeOf(x.x, env), field, env.program);
      // Of what has an unknown type nobody knows that it is another field.
      found ||= member === undefined || (member.kind === 'field' && member.owner?.name === owner.name);
    },
  });
  return found;
}
