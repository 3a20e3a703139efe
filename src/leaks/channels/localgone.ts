/**
 * Channels in a variable, between two goroutines of one function: the one that receives ends when something fails, or
 * when it is told to, and the other one goes on sending. Whoever waits for both waits as well.
 */
import type { Block, Op } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import type { Variable } from '../../syntax/ast.ts';
import { askedBodies, bodiesOf, type Body } from '../bodies.ts';
import { type Goroutine, goroutinesStarted, leaves, SPAWN } from '../goroutines/goroutines.ts';
import { contextOf } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import { isRepeated, type Span, spanOf } from '../paths/reach.ts';
import { answersWithout } from './answers.ts';
import { channelAt, isUnbuffered, mentionsOf } from './answerers.ts';
import { failingSide } from '../paths/failing.ts';
import { startsOnce } from './failedreceivers.ts';
import type { FamilyUse } from './families.ts';
import type { GoneReceiver } from './gone.ts';
import { namesOf } from './places.ts';
import { armsOf } from './traffic.ts';

export function* locallyGone(pass: Pass): Generator<GoneReceiver> {
  const words = (text: string) => /\bmake\(chan\b/.test(text) && SPAWN.test(text) && /<-/.test(text);
  for (const body of askedBodies(pass, ({ bodyText, file }) => !file.kind.test && words(bodyText))) {
    const goroutines = goroutinesStarted(pass).filter(({ parent }) => parent.block === body.block);
    if (goroutines.length < 2) continue;
    for (const variable of channelsMadeIn(body)) {
      const uses = usesOf(variable, body, pass);
      const found = uses && goneAmong(uses, goroutines, pass);
      if (found) yield found;
    }
  }
}

function channelsMadeIn({ graph }: Body): Variable[] {
  return operations(graph).flatMap(({ op }) => (op.kind === 'assign' ? op.lhs.flatMap(x => (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.ident === x && isUnbuffered(x.entity) ? [x.entity] : [])) : []));
}

const NONE = namesOf([]);

/** What the function and its literals do with the channel; undefined where somebody else gets it. */
function usesOf(variable: Variable, { info }: Body, pass: Pass): FamilyUse[] | undefined {
  const uses: FamilyUse[] = [];
  for (const body of bodiesOf(info, pass)) {
    const arms = armsOf(body.graph);
    for (const { op } of operations(body.graph)) {
      const channel = channelAt(op);
      if (channel?.kind !== 'ident' || channel.entity !== variable) continue;
      const arm = arms.get(op);
      const guarded = arm !== undefined && answersWithout(arm.select, arm.clause, NONE, body, pass);
      uses.push({ verb: op.kind === 'send' || op.kind === 'receive' || op.kind === 'range' ? op.kind : 'close', body, node: spanOf(op), channel, guarded });
    }
  }
  return uses.length === mentionsOf(variable, info) ? uses : undefined;
}

/** One goroutine alone receives, and may end before another one that sends again and again. */
function goneAmong(uses: readonly FamilyUse[], goroutines: readonly Goroutine[], pass: Pass): GoneReceiver | undefined {
  const receives = uses.filter(({ verb }) => verb === 'receive' || verb === 'range');
  const [receive] = receives;
  const runs = (use: FamilyUse) => goroutines.find(({ body }) => body?.block === use.body.block);
  const receiver = receive && runs(receive);
  if (!receive || !receiver || receives.some(({ body }) => body.block !== receive.body.block) || !startsOnce(receiver.stmt, receiver.parent, pass)) return undefined;
  const isReceive = (op: Op) => receives.some(({ node }) => node.start === spanOf(op).start);
  const send = uses.find(use => use.verb === 'send' && !use.guarded && use.body.block !== receive.body.block && runs(use) && isSentAgain(use, pass));
  const node = send && endOf(receive.body, isReceive, pass);
  return send && node && { send, receive, sign: { kind: 'failed', node } };
}

function isSentAgain({ body, node }: FamilyUse, pass: Pass): boolean {
  const op = operations(body.graph).find(({ op: other }) => other.kind === 'send' && other.stmt.start === node.start)?.op;
  return op !== undefined && isRepeated(op, body, pass);
}

/** The branch or case by which the body ends without receiving once more. */
function endOf(body: Body, isReceive: (op: Op) => boolean, pass: Pass): Span | undefined {
  const quits = (block: Block) => {
    const after = [block, ...reachableFrom(block, b => pass.contracts.next(b, body.env))];
    return !after.some(({ ops }) => ops.some(isReceive)) && after.some(b => b.end.kind === 'return' && leaves(b, body, pass));
  };
  for (const { end } of body.graph.blocks) {
    const side = end.kind === 'branch' && end.condition ? failingSide(end.condition, body) : undefined;
    if (end.kind === 'branch' && end.condition && side !== undefined && quits(side ? end.then : end.else)) return end.condition;
    if (end.kind !== 'select' || !end.arms.some(({ to }) => to.ops[0] && isReceive(to.ops[0]))) continue;
    for (const { to } of end.arms) {
      const [first] = to.ops;
      if (first?.kind === 'receive' && contextOf(first.channel, body) && quits(to)) return spanOf(first);
    }
  }
  return undefined;
}
