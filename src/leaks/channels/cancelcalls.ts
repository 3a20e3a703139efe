/** Where the package calls a cancel function, also out of the unexported fields that it is put into. */
import { typeOf } from '../../program/infer.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Call, type CompositeLit, type Expr, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { bodyOf } from '../bodies.ts';
import { type Spot, spotsOf } from '../calls/onlyafter.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';
import { type ContextEnd, type Field, fieldOf, functionsWith, isOfField } from './contextends.ts';

/** Undefined where somebody else may call it. */
export function callsOfCancel({ cancel, within }: ContextEnd, pass: Pass): readonly Spot[] | undefined {
  const x = unparen(cancel);
  if (x.kind === 'selector') {
    const field = fieldOf(x, within, pass);
    return field && new CancelUses(pass).ofField(field);
  }
  if (x.kind !== 'ident' || x.entity?.kind !== 'var' || x.entity.role !== 'local' || x.entity.assigned.includes('unknown')) return undefined;
  const { entity } = x;
  return new CancelUses(pass).ofMentions(y => y.kind === 'ident' && y.entity === entity && y !== entity.ident, within);
}

class CancelUses {
  private readonly seen = new Set<string>();

  constructor(private readonly pass: Pass) {}

  ofField(field: Field): readonly Spot[] | undefined {
    if (this.seen.has(field.key)) return [];
    this.seen.add(field.key);
    return joined(functionsWith(field).map(info => this.ofMentions(x => isOfField(x, field, info, this.pass), info)));
  }

  /** Calls, also of fields that it is put into; undefined where it goes anywhere else. */
  ofMentions(isIt: (x: Expr) => boolean, info: FuncInfo): readonly Spot[] | undefined {
    const known = new Set<Expr>();
    const calls = new Set<Call>();
    const into: (Field | undefined)[] = [];
    walkStmts(bodyOf(info, this.pass)?.block.stmts ?? [], {
      stmt: stmt => {
        if (stmt.kind !== 'assign') return;
        stmt.lhs.forEach((x, i) => {
          const value = stmt.lhs.length === stmt.rhs.length ? stmt.rhs[i] : undefined;
          if (isIt(x)) known.add(x);
          if (!value || !isIt(unparen(value))) return;
          known.add(unparen(value));
          if (!(x.kind === 'ident' && x.name === '_')) into.push(x.kind === 'selector' ? fieldOf(x, info, this.pass) : undefined);
        });
      },
      expr: x => {
        if (x.kind === 'call' && isIt(unparen(x.fun))) {
          calls.add(x);
          known.add(unparen(x.fun));
        } else if (x.kind === 'binary' && x.y.kind === 'ident' && x.y.name === 'nil') known.add(unparen(x.x));
        else if (x.kind === 'composite') into.push(...this.putInto(x, isIt, known, info));
        else if (isIt(x) && !known.has(x)) into.push(undefined);
      },
    });
    return joined([spotsOf(calls, info, this.pass), ...into.map(field => field && this.ofField(field))]);
  }

  private putInto(literal: CompositeLit, isIt: (x: Expr) => boolean, known: Set<Expr>, info: FuncInfo): (Field | undefined)[] {
    const type = typeOf(literal, this.pass.contracts.envOf(info));
    const base = type.kind === 'pointer' ? type.elem : type;
    return literal.elements.flatMap(({ key, value }): (Field | undefined)[] => {
      if (key) known.add(key);
      if (!isIt(unparen(value))) return [];
      known.add(unparen(value));
      if (key?.kind !== 'ident' || base.kind !== 'named' || base.def?.file.pkg !== info.pkg || (isExported(key.name) && info.pkg.name !== 'main')) return [undefined];
      return [{ key: `${base.name}.${key.name}`, name: key.name, pkg: info.pkg }];
    });
  }
}

function joined(spots: readonly (readonly Spot[] | undefined)[]): readonly Spot[] | undefined {
  return spots.every(spot => spot !== undefined) ? spots.flat() : undefined;
}
