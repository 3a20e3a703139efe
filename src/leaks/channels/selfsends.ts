/**
 * Sends on a channel field that the only receiver itself comes to: `for e := range s.events { s.handle(e) }`, where
 * `handle` may send on `s.events`. Without a buffer there is nobody else to take it; room for one is taken when it comes to the
 * send once more, at another case of its select, before it has received.
 */
import { type Block, type Op, successors } from '../../flow/graph.ts';
import { operations, reachableFrom, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import type { Call, Expr } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import { type Body, bodyOf } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { withCallers } from '../calls/near.ts';
import { allGoroutinesOf } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { placeIn } from '../places/identities.ts';
import { keyOf } from '../places/places.ts';
import { startsOnce } from './failedreceivers.ts';
import { askedFamiliesOf, type Family, type FamilyUse } from './families.ts';
import { isStop } from './stranded.ts';
import { asHolderNames, type WaitStep } from './waits.ts';

export interface SelfSend {
  readonly send: FamilyUse;
  readonly receive: FamilyUse;
  /** The calls from the receiver down to the send. */
  readonly steps: readonly WaitStep[];
}

/** Longer chains of calls are not followed. */
const MOST_CALLS = 4;

export function* selfSends(pass: Pass): Generator<SelfSend> {
  for (const family of askedFamiliesOf(pass).values()) {
    const receive = receiverOf(family);
    const sends = receive ? family.uses.filter(({ verb, guarded, body }) => verb === 'send' && !guarded && pass.isAsked(body.info.file)) : [];
    if (receive && sends.length && runsAlone(receive.body, pass)) yield* sendsBelow(receive, sends, family, pass);
  }
}

/** In the only body that receives from a channel which nobody else has, without a buffer or with room for one. */
function receiverOf({ given, outsideReceives, makes, uses }: Family): FamilyUse | undefined {
  if (given || outsideReceives || !makes.length || makes.some(capacity => capacity !== 0 && capacity !== 1)) return undefined;
  const [receive, ...more] = uses.filter(({ verb }) => verb === 'receive' || verb === 'range');
  return more.every(({ body }) => body.block === receive?.body.block) ? receive : undefined;
}

/** One goroutine a value runs the body, and nobody calls it besides. */
function runsAlone(body: Body, pass: Pass): boolean {
  const [start, ...more] = allGoroutinesOf(pass).filter(goroutine => goroutine.body?.block === body.block);
  return start !== undefined && more.length === 0 && startsOnce(start.stmt, start.parent, pass);
}

function* sendsBelow(receive: FamilyUse, sends: readonly FamilyUse[], family: Family, pass: Pass): Generator<SelfSend> {
  const own = placeIn(receive.channel, receive.body.env);
  const isTight = family.makes.every(capacity => capacity === 0);
  const again = isTight ? undefined : opsOfOtherCases(receive, family);
  if (!own) return;
  const near = withCallers(sends.map(({ body }) => body.info), receive.body.info.pkg, MOST_CALLS);
  const seen = new Set<unknown>();
  function* visit(body: Body, steps: readonly WaitStep[]): Generator<SelfSend> {
    // What it is sent and runs, it does not name.
    if (seen.has(body.block) || (steps.length > 0 && !near.has(body.info))) return;
    seen.add(body.block);
    for (const send of sends) if (send.body.block === body.block && isSame(send, steps) && (!again || comesStraightTo(send, steps, again, pass))) yield { send, receive, steps };
    if (steps.length === MOST_CALLS) return;
    for (const { op } of operations(body.graph)) {
      const call = op.kind === 'call' && (!again || steps.length > 0 || again.has(op)) ? op.call : undefined;
      if (call) for (const called of calledBodies(call, body, pass)) yield* visit(called.body, [...steps, { called, from: body, call }]);
    }
  }
  const isSame = ({ channel, body }: FamilyUse, steps: readonly WaitStep[]) => {
    const place = placeIn(channel, body.env);
    const named = place && asHolderNames({ ...place, family: '' }, steps);
    return named !== undefined && keyOf(named) === keyOf(own);
  };
  yield* visit(receive.body, []);
}

/** What the receiver does at other cases of the select around its receive; nothing where there is none. */
function opsOfOtherCases({ body, node }: FamilyUse, { uses }: Family): ReadonlySet<Op> {
  const isReceive = (op: Op | undefined) => op?.kind === 'receive' && uses.some(use => use.verb === 'receive' && use.body.block === body.block && use.node.start === op.node.start);
  const select = body.graph.blocks.find(({ end }) => end.kind === 'select' && end.arms.some(({ to: { ops: [first] } }) => first?.kind === 'receive' && first.node.start === node.start));
  const others = select?.end.kind === 'select' ? select.end.arms.filter(({ to, clause }) => clause.comm && !isReceive(to.ops[0])) : [];
  const blocks = new Set<Block>(others.flatMap(({ to }) => [to, ...reachableFrom(to, block => (block === select ? [] : successors(block.end)))]));
  return new Set([...blocks].flatMap(({ ops }) => ops));
}

/** No branch on the way asks what the value or somebody else says: each time it comes to that case, it sends. */
function comesStraightTo(send: FamilyUse, steps: readonly WaitStep[], again: ReadonlySet<Op>, pass: Pass): boolean {
  const own = operations(send.body.graph).find(({ op }) => op.kind === 'send' && op.stmt === send.node)?.op;
  const goals = [...steps.map(({ from, call }) => ({ body: from, goal: operations(from.graph).find(({ op }) => op.kind === 'call' && op.call === call)?.op })), { body: send.body, goal: own }];
  return goals.every(({ body, goal }, i) => {
    if (!goal || (i === 0 && !again.has(goal))) return false;
    const from = i === 0 ? body.graph.blocks.find(({ ops: [first] }) => first?.kind === 'receive' && first.inSelect && again.has(first) && isStraight(first, goal, body, pass)) : undefined;
    return i === 0 ? from !== undefined : isStraight(undefined, goal, body, pass);
  });
}

function isStraight(from: Op | undefined, goal: Op, body: Body, pass: Pass): boolean {
  const block = from ? body.graph.blocks.find(({ ops: [first] }) => first === from) : body.graph.entry;
  return block !== undefined && search<''>({ block, index: from ? 1 : 0 }, '', {
    key: () => '',
    op: op => (op === goal ? 'arrive' : (op.kind === 'receive' && op.inSelect) || pass.contracts.endsHere(op, body.env) ? undefined : ''),
    edge: condition => (asksElsewhere(condition, body, pass) ? undefined : ''),
    returns: () => false,
  }) !== undefined;
}

/** What variables of the function say is not elsewhere, nor how long they are, nor whether it is over: `!s.closed()`. */
function asksElsewhere(condition: Expr, body: Body, pass: Pass): boolean {
  let found = false;
  walkExpr(condition, {
    expr: x => {
      if (x.kind === 'call') {
        const isHarmless = (x.fun.kind === 'ident' && x.fun.name === 'len') || asksForEnd(x, body, pass);
        found ||= !isHarmless;
        return !isHarmless;
      }
      found ||= x.kind === 'selector';
      return true;
    },
  });
  return found;
}

/** `select { case <-s.quit: return true; default: return false }`. */
function asksForEnd(call: Call, from: Body, pass: Pass): boolean {
  const callee = calleeOf(call, from.env);
  const body = callee.kind === 'method' && callee.func?.pkg === pass.pkg ? bodyOf(callee.func, pass) : undefined;
  const ops = body ? operations(body.graph) : [];
  return body !== undefined && ops.length === 1 && ops.every(({ op }) => op.kind === 'receive' && isStop(op.channel, body));
}
