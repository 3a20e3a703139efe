/** Operations on channel fields and package variables whose other end nothing in the package uses and nobody else gets. */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { comesOnlyAfter, type Spot } from '../calls/onlyafter.ts';
import { allGoroutinesOf, livesAsLongAsProcess, runBy } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { spanOf } from '../paths/reach.ts';
import { familyOf } from '../places/canonical.ts';
import { askedFamiliesOf, type Family, type FamilyUse } from './families.ts';
import { channelNamesOf, familyKey } from './familykeys.ts';
import { isWithinLength } from './lengths.ts';
import { isOnlyExit } from './onlyexits.ts';
import type { Verb } from './traffic.ts';

export interface Lonely {
  readonly verb: Verb;
  readonly use: FamilyUse;
  /** Nothing ever makes the channel, so it is nil. */
  readonly isNil: boolean;
  /** What would answer if it did not come only after the wait. */
  readonly late: readonly FamilyUse[];
}

export function* lonelyAt(verb: Verb, pass: Pass): Generator<Lonely> {
  for (const [key, family] of askedFamiliesOf(pass)) {
    const isNil = family.makes.length === 0;
    // On a channel that is nil both ends wait.
    if (family.given || (isNil ? isKnownOutside(family) : isAnsweredOutside(verb, family))) continue;
    const answers = isNil ? [] : family.uses.filter(use => ANSWERS[verb].includes(use.verb));
    // Of a package variable there is one; what ranges over it lives as long as the process.
    if (verb === 'range' && !isNil && key.startsWith(`${pass.pkg.path}:`)) continue;
    for (const use of family.uses) {
      if (use.verb === verb && pass.isAsked(use.body.info.file) && (!use.guarded || (!isNil && isOnlyExitOf(use, key, pass))) && !(isNil && asksForNil(use, pass)) && !isBoundByLength(use) && areLate(answers, use, pass)) yield { verb, use, isNil, late: answers };
    }
  }
}

/** A goroutine that does not live as long as the process ends by this case alone. */
function isOnlyExitOf(use: FamilyUse, key: string, pass: Pass): boolean {
  const names = channelNamesOf(pass.pkg);
  const op = use.verb === 'receive' && names ? spotOf(use)?.op : undefined;
  return names !== undefined && op !== undefined && isOnlyExit(op, x => familyKey(x, use.body.env, names, pass) === key, use.body, pass)
    && allGoroutinesOf(pass).some(goroutine => goroutine.body && !livesAsLongAsProcess(goroutine, pass) && [...runBy(goroutine.body, pass)].some(({ body }) => body.block === use.body.block));
}

function isBoundByLength(use: FamilyUse): boolean {
  const op = spotOf(use)?.op;
  return op !== undefined && isWithinLength(op, use.body);
}

/** `if c.block != nil { <-c.block }`: it is known that nobody need have made it. */
function asksForNil({ body, channel }: FamilyUse, { contracts }: Pass): boolean {
  const env = contracts.envOf(body.info);
  const key = familyOf(channel, env);
  let found = false;
  walkStmts(body.info.body()?.stmts ?? [], {
    expr: x => void (found ||= x.kind === 'binary' && x.y.kind === 'ident' && x.y.name === 'nil' && familyOf(x.x, env) === key),
  });
  return found;
}

/** Others have it, and may have been given something to put into it. */
function isKnownOutside({ outsideSends, outsideReceives }: Family): boolean {
  return outsideSends || outsideReceives;
}

const ANSWERS: Readonly<Record<Verb, readonly FamilyUse['verb'][]>> = { send: ['receive', 'range'], receive: ['send', 'close'], range: ['close'] };

/** Somebody out of sight may answer, or the buffer does. */
function isAnsweredOutside(verb: Verb, { makes, outsideSends, outsideReceives }: Family): boolean {
  return verb === 'send' ? outsideReceives || makes.some(capacity => capacity !== 0) : outsideSends;
}

/** Nothing leads to an answer but the end of the wait. */
function areLate(answers: readonly FamilyUse[], use: FamilyUse, pass: Pass): boolean {
  const wait = spotOf(use);
  return answers.every(answer => {
    const spot = spotOf(answer);
    return wait !== undefined && spot !== undefined && comesOnlyAfter(spot, wait, pass);
  });
}

export function spotOf({ node, body }: FamilyUse): Spot | undefined {
  const found = operations(body.graph).find(({ op }) => startOf(op) === node.start);
  return found && { body, op: found.op };
}

/** Of what is deferred or started, where the call begins. */
function startOf(op: Op): number {
  return op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call).start : spanOf(op).start;
}
