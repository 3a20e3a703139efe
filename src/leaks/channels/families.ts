/**
 * Channels in unexported fields and package variables, known by the type and name of the field or the name of the
 * variable: what the whole package does with them, and whether anybody outside gets hold of an end.
 */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Env, typeAt, underlying } from '../../program/resolve.ts';
import type { Type } from '../../program/types.ts';
import { type Assign, type Call, type CompositeLit, type Expr, isNil, unparen, type ValueSpec } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedMention, bodiesOf, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { answersWithout } from './answers.ts';
import { type ChannelNames, channelNamesOf, familyKey, valueOfSwitch } from './familykeys.ts';
import { capacityOf, isMake } from './makes.ts';
import { hasOwnEnd } from './ownends.ts';
import { namesOf } from './places.ts';
import { armsOf, repeats, type Verb } from './traffic.ts';

export interface FamilyUse {
  readonly verb: Verb | 'close';
  readonly body: Body;
  readonly node: { readonly start: number; readonly end: number };
  /** As the code names the channel here. */
  readonly channel: Expr;
  /** In a `select` that can go on by another case. */
  readonly guarded: boolean;
}

export interface Family {
  readonly uses: readonly FamilyUse[];
  /** The capacities that it is made with; undefined where one cannot be told. */
  readonly makes: readonly (number | undefined)[];
  /** It gets values that are not made on the spot, so that they may be known elsewhere. */
  readonly given: boolean;
  /** Others may send or close; others may receive. */
  readonly outsideSends: boolean;
  readonly outsideReceives: boolean;
}

interface Entry extends Family {
  uses: FamilyUse[];
  makes: (number | undefined)[];
  given: boolean;
  outsideSends: boolean;
  outsideReceives: boolean;
}

const memo = new WeakMap<Pass, ReadonlyMap<string, Family>>();

export function familiesOf(pass: Pass): ReadonlyMap<string, Family> {
  let found = memo.get(pass);
  if (!found) {
    const names = channelNamesOf(pass.pkg);
    memo.set(pass, (found = names ? new Census(pass, names).families() : new Map()));
  }
  return found;
}

/** These, where a file that was asked for may do something with one of them. */
export function askedFamiliesOf(pass: Pass): ReadonlyMap<string, Family> {
  const names = channelNamesOf(pass.pkg);
  return names && askedMention(names.mention, pass) ? familiesOf(pass) : new Map();
}

const NONE = namesOf([]);

class Census {
  private readonly found = new Map<string, Entry>();
  /** Mentions that are understood; any other hands the channel to somebody. */
  private readonly known = new Set<Expr>();
  /** The function that is being read. */
  private within: FuncInfo | undefined;

  constructor(private readonly pass: Pass, private readonly names: ChannelNames) {}

  families(): ReadonlyMap<string, Family> {
    const infos = this.pass.pkg.funcs.filter(info => this.names.mention.test(info.bodyText));
    for (const info of infos) {
      this.within = info;
      for (const body of bodiesOf(info, this.pass)) {
        this.readUses(body);
        this.readReturns(body);
      }
      this.readValues(info);
    }
    return this.found;
  }

  private familyAt(x: Expr, env: Env): Entry | undefined {
    const key = familyKey(x, env, this.names, this.pass);
    return key === undefined ? undefined : this.entry(key);
  }

  private entry(key: string): Entry {
    let family = this.found.get(key);
    if (!family) this.found.set(key, (family = { uses: [], makes: [], given: false, outsideSends: false, outsideReceives: false }));
    return family;
  }

  private know(x: Expr): void {
    this.known.add(unparen(x));
  }

  private readUses(body: Body): void {
    const arms = armsOf(body.graph);
    const use = (verb: Verb | 'close', channel: Expr, node: FamilyUse['node'], op: Op) => {
      const arm = arms.get(op);
      const guarded = arm !== undefined && answersWithout(arm.select, arm.clause, NONE, body, this.pass);
      this.familyAt(channel, body.env)?.uses.push({ verb, body, node, channel, guarded });
    };
    for (const { op } of operations(body.graph)) {
      if (op.kind === 'send') use('send', op.stmt.channel, op.stmt, op);
      else if (op.kind === 'receive') use('receive', op.channel, op.node, op);
      else if (op.kind === 'range') use(repeats(op.stmt, body, this.pass) && !hasOwnEnd(op.stmt, body) ? 'range' : 'receive', op.stmt.x, op.stmt.x, op);
      const call = op.kind === 'call' ? op.call : op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
      const closed = call?.kind === 'call' && isBuiltin(call, /^close$/, body.env) ? call.args[0] : undefined;
      if (call && closed) use('close', closed, call, op);
    }
  }

  /** `func (s *S) Done() <-chan struct{} { return s.done }`: others may receive. */
  private readReturns({ graph, node, env }: Body): void {
    const types = node.type.results.flatMap(field => Array.from({ length: Math.max(1, field.names.length) }, () => field.type));
    for (const { end } of graph.blocks) {
      if (end.kind === 'return') end.stmt?.results.forEach((x, i) => this.giveAway(x, types[i] && typeAt(types[i], env), env));
    }
  }

  /** Where else the functions of the package mention the channels. Outer expressions come first and say what inner ones mean. */
  private readValues(info: FuncInfo): void {
    const env = this.pass.contracts.envOf(info);
    walkStmts(info.body()?.stmts ?? [], {
      stmt: stmt => {
        if (stmt.kind === 'send') this.know(stmt.channel);
        else if (stmt.kind === 'range') this.know(stmt.x);
        else if (stmt.kind === 'assign') this.readAssign(stmt.lhs, stmt.rhs, stmt, env);
        else if (stmt.kind === 'decl' && stmt.decl.kind === 'var') for (const spec of stmt.decl.specs) this.readAssign(spec.names, spec.values, spec, env);
      },
      expr: x => this.readExpr(x, env),
    });
  }

  private readExpr(x: Expr, env: Env): void {
    if (x.kind === 'unary' && x.op === '<-') return this.know(x.x);
    if (x.kind === 'binary' && (x.op === '==' || x.op === '!=')) {
      this.know(x.x);
      return this.know(x.y);
    }
    if (x.kind === 'composite') return this.readComposite(x, env);
    if (x.kind === 'call') this.readArguments(x, env);
    else if (x.kind !== 'ident' && x.kind !== 'selector') return;
    const family = this.known.has(x) ? undefined : this.familyAt(x, env);
    if (family && x.kind !== 'call') {
      family.outsideSends = true;
      family.outsideReceives = true;
    }
  }

  private readArguments(call: Call, env: Env): void {
    if (isBuiltin(call, /^(?:close|len|cap)$/, env)) return call.args.forEach(arg => this.know(arg));
    if (!call.args.some(arg => this.familyAt(arg, env))) return;
    // A parameter of a directed channel type gives away one end only.
    const fun = underlying(typeOf(call.fun, env), env.program);
    const params = fun.kind === 'func' ? fun.params : [];
    call.args.forEach((arg, i) => this.giveAway(arg, params[i], env));
  }

  private giveAway(x: Expr, type: Type | undefined, env: Env): void {
    const family = this.familyAt(x, env);
    if (!family) return;
    this.know(x);
    const to = type && underlying(type, env.program);
    const direction = to?.kind === 'chan' ? to.dir : 'both';
    if (direction !== 'receive') family.outsideSends = true;
    if (direction !== 'send') family.outsideReceives = true;
  }

  private readAssign(lhs: readonly Expr[], rhs: readonly Expr[], node: Assign | ValueSpec, env: Env): void {
    lhs.forEach((target, i) => {
      const value = rhs.length === lhs.length ? rhs[i] : undefined;
      const isVariable = target.kind === 'ident' && target.entity !== undefined;
      const family = isVariable ? undefined : this.familyAt(target, env);
      if (family) {
        this.know(target);
        this.give(family, value, env);
      }
      // Another name that is given once is followed.
      const isFollowed = target.kind === 'ident' && (target.name === '_' || (target.entity?.kind === 'var' && (target.entity.assigned.length === 0 || valueOfSwitch(target.entity) !== undefined)));
      if (value && isFollowed && 'op' in node) this.know(value);
      if (value && target.kind === 'selector' && this.familyAt(value, env)) this.giveAway(value, typeOf(target, env), env);
      if (isVariable) this.know(target);
    });
  }

  private give(family: Entry, value: Expr | undefined, env: Env): void {
    const x = value && unparen(value);
    if (isNil(x)) return;
    const made = x && (madeFor(x, this.within) ?? x);
    if (made?.kind === 'call' && isMake(made, env)) family.makes.push(capacityOf(made, env));
    else family.given = true;
  }

  private readComposite(literal: CompositeLit, env: Env): void {
    const type = typeOf(literal, env);
    const base = type.kind === 'pointer' ? type.elem : type;
    if (base.kind !== 'named') return;
    const struct = underlying(base, env.program);
    literal.elements.forEach(({ key, value }, i) => {
      const fields = struct.kind === 'struct' ? struct.fields : [];
      const field = key?.kind === 'ident' ? fields.find(({ name }) => name === key.name) : key ? undefined : fields[i];
      const name = key?.kind === 'ident' ? key.name : field?.name;
      if (key) this.know(key);
      // `config{Updates: s.updates}`: a field of a directed type gives away one end only.
      if (field && this.familyAt(value, env)) this.giveAway(value, field.type, env);
      if (name !== undefined && this.names.fields.has(name)) this.give(this.entry(`${base.pkg}.${base.name}.${name}`), value, env);
    });
  }
}

/** `c := make(chan job); return &pool{jobs: c}`: what the variable was made as, where it is there for the field alone. */
function madeFor(x: Expr, within: FuncInfo | undefined): Expr | undefined {
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.role === 'local' && x.entity.assigned.length === 0 ? x.entity : undefined;
  if (variable?.origin.kind !== 'value' || variable.origin.count !== 1) return undefined;
  let mentions = 0;
  // `&pool{jobs: jobs}`: the first of the two is the field.
  const keys = new Set<Expr | undefined>([variable.ident]);
  walkStmts(within?.body()?.stmts ?? [], {
    expr: inner => {
      if (inner.kind === 'composite') for (const { key } of inner.elements) keys.add(key);
      if (inner.kind === 'ident' && inner.entity === variable && !keys.has(inner)) mentions++;
    },
  });
  return mentions === 1 ? unparen(variable.origin.expr) : undefined;
}

function isBuiltin(call: Call, name: RegExp, env: Env): boolean {
  const callee = calleeOf(call, env);
  return callee.kind === 'builtin' && name.test(callee.name);
}
