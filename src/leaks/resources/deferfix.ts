/**
 * The fix of what is never released: a `defer` behind the check that the acquiring call has succeeded. Only where
 * nobody can still need the resource when the function has returned.
 */
import type { Giving } from '../../contracts/resource.ts';
import type { Edit, Fix } from '../../finding.ts';
import { reachableFrom } from '../../flow/search.ts';
import { typeOf, typeOfVariable } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { underlying } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, type Expr, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { type Body, siteIn } from '../bodies.ts';
import { firstLineIn, lineAfter } from '../lines.ts';
import type { Pass } from '../pass.ts';
import type { Assigned } from './acquisitions.ts';
import { spotBehind } from './checks.ts';
import { fateOf } from './fates.ts';
import type { Unmet } from './obligations.ts';

/** `defer resp.Body.Close()` for a resource that nothing releases; undefined where that might be wrong. */
export function deferredRelease(unmet: Unmet, pass: Pass): Fix | undefined {
  const { call, target, body, never, acquisition: { resource, evidence } } = unmet;
  if (!target || !never || !resource.deferrable || evidence !== 'sure' || unmet.why === 'overwritten' || isRepeated(call, body, pass)) return undefined;
  const [variable, ...others] = target.kind === 'variable' ? target.tracked.keys() : [];
  // Two names at once, the resource and what closes it: which of them to defer is for people to say.
  if (others.length) return undefined;
  const named = target.kind === 'blank' ? releaseOfBlank(target, unmet) : variable && releaseOf(variable, unmet);
  const spot = named && spotBehind(call, target, body, pass);
  if (!spot || outlives(unmet, target, pass)) return undefined;
  const code = `defer ${named.release}`;
  const added = 'into' in spot ? firstLineIn(spot.into, code, body.info) : lineAfter(spot.after, code, body.info);
  if (!added) return undefined;
  return { message: `Defer ${named.release}${named.edits.length ? `, with a name for the ${resource.noun}` : ''}.`, edits: [...named.edits, added] };
}

/** The call may run more than once before the function returns. */
export function isRepeated(call: Call, { graph, env }: Body, pass: Pass): boolean {
  const block = graph.blocks.find(({ ops }) => ops.some(op => op.kind === 'call' && op.call === call));
  return !block || reachableFrom(block, b => pass.contracts.next(b, env)).has(block);
}

interface Release {
  /** `resp.Body.Close()`. */
  readonly release: string;
  /** What gives the resource a name first. */
  readonly edits: readonly Edit[];
}

/** The call that releases what the variable holds, if it is known to need no arguments. */
function releaseOf(variable: Variable, { call, body, acquisition: { resource, held } }: Unmet): Release | undefined {
  if (isChanged(variable, call, body)) return undefined;
  const type = typeOfVariable(variable, body.env);
  const method = resource.releases[0];
  if (method === undefined) {
    const func = underlying(type, body.env.program);
    if (isNamed(type, 'context.CancelCauseFunc')) return { release: `${variable.name}(nil)`, edits: [] };
    return func.kind === 'func' && func.params.length === 0 ? { release: `${variable.name}()`, edits: [] } : undefined;
  }
  const field = held === 'whole' ? resource.field : undefined;
  const part = field === undefined ? undefined : memberOf(type, field, body.env.program);
  const found = memberOf(part?.type ?? type, method, body.env.program);
  if (found?.kind !== 'method' || found.type.params.length > (found.type.variadic ? 1 : 0)) return undefined;
  return { release: `${[variable.name, ...(field === undefined ? [] : [field]), method].join('.')}()`, edits: [] };
}

/** `ctx, _ := context.WithCancel(parent)`: the function has no name yet. */
function releaseOfBlank(target: Assigned & { kind: 'blank' }, { call, body, acquisition: { resource } }: Unmet): Release | undefined {
  const { ident, defines } = target;
  const type = typeOf(call, body.env);
  const given = type.kind === 'tuple' ? type.types[1] : undefined;
  const name = NAMES[resource.rule];
  if (name === undefined || !defines || !given || isKnownName(name, body)) return undefined;
  return { release: `${name}(${isNamed(given, 'context.CancelCauseFunc') ? 'nil' : ''})`, edits: [{ at: siteIn(body.info, ident), text: name }] };
}

/** What people call the function that a rule is about. */
const NAMES: Readonly<Record<string, string>> = { 'lost-cancel': 'cancel', 'unstopped-iterator': 'stop' };

/** The name stands somewhere in the function or means something in the package. */
function isKnownName(name: string, { info }: Body): boolean {
  const { start, end } = info.piece;
  return new RegExp(`\\b${name}\\b`).test(info.file.source.text.slice(start, end)) || info.pkg.declares(name, info.file) || info.file.imports.some(spec => spec.name === name || spec.path.split('/').at(-1) === name);
}

/** The variable gets another value later on, or somebody has its address. */
function isChanged(variable: Variable, call: Call, { block }: Body): boolean {
  const isIt = (x: Expr) => x.kind === 'ident' && x.entity === variable;
  let found = variable.assigned.includes('unknown');
  walkStmts(block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'assign' && stmt.start > call.start) found ||= stmt.lhs.some(isIt);
      if (stmt.kind === 'range' && !stmt.define) found ||= stmt.lhs.some(isIt);
    },
  });
  return found;
}

/** The resource, or what ends with it (the context of a cancel function), may be in use when the function has returned. */
function outlives({ call, body, acquisition: { resource, result } }: Unmet, target: Assigned, pass: Pass): boolean {
  const others = resource.releases.length ? [] : partners(target.lhs, result);
  if (others.includes(undefined)) return true;
  const variables = [...(target.kind === 'variable' ? target.tracked.keys() : []), ...others].filter(v => v !== undefined);
  return variables.some(v => v.owner !== body.node || isDeferredBefore(v, call, body)) || fateOf(variables, body, pass) !== 'nowhere';
}

/** The variables beside the function; undefined for what is put elsewhere. */
function partners(lhs: readonly Expr[], result: Giving): (Variable | undefined)[] {
  return lhs.flatMap((x, i) => {
    if (i === result || (x.kind === 'ident' && x.name === '_')) return [];
    return [variableIn(unparen(x))];
  });
}

/** What was deferred before runs after. */
function isDeferredBefore(variable: Variable, call: Call, { block }: Body): boolean {
  let found = false;
  walkStmts(block.stmts, {
    stmt: stmt => {
      if (stmt.kind !== 'defer' || stmt.start > call.start) return;
      walkStmts([stmt], { expr: x => void (found ||= x.kind === 'ident' && x.entity === variable) });
    },
  });
  return found;
}
