/** Counted, and on some way to `Wait` no goroutine is started that would call `Done`. */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place, search, type Turn } from '../../flow/search.ts';
import { type Call, type Expr, type For, type Range, unparen } from '../../syntax/ast.ts';
import { askedMention, bodiesOf, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { noFacts } from '../paths/facts.ts';
import { reaches, type Span, spanOf } from '../paths/reach.ts';
import { type LocalGroup, localGroups, mostDones } from './balance.ts';
import { mayCountDownAt } from './countdown.ts';
import { groupCallOf } from './groups.ts';
import type { GroupUse } from './groupuses.ts';
import type { Spot } from './missingdones.ts';
import { type SharedGroup, sharedGroups } from './sharedgroups.ts';

export interface Unstarted {
  readonly body: Body;
  readonly add: Call;
  readonly group: Expr;
  readonly turns: readonly Turn[];
  /** The `Wait` that is reached, now, when the loop has come to its end or by somebody else. */
  readonly wait: Spot;
}

export function* unstartedGoroutines(pass: Pass): Generator<Unstarted> {
  for (const group of localGroups(pass)) {
    const wait = group.uses.find(use => use.kind === 'call' && use.does === 'wait');
    if (wait?.kind !== 'call' || !mostDones(group.uses, group.body, pass)) continue;
    for (const body of bodiesOf(group.body.info, pass)) yield* unstartedIn(body, group, wait, pass);
  }
  if (askedMention(/\.Add\(/, pass)) for (const group of sharedGroups(pass)) yield* leftUnstarted(group, pass);
}

/** Of a group that the package shares: a function that counts for its goroutine returns before it starts it. */
function* leftUnstarted({ family, uses }: SharedGroup, pass: Pass): Generator<Unstarted> {
  const wait = uses.find(({ use }) => use.kind === 'call' && use.does === 'wait');
  const adders = new Set(uses.flatMap(({ use, body }) => (use.kind === 'call' && use.does === 'add' && pass.isAsked(body.info.file) ? [body.info] : [])));
  for (const body of wait ? [...adders].flatMap(info => [...bodiesOf(info, pass)]) : []) {
    for (const { op, after } of operations(body.graph)) {
      const own = op.kind === 'call' ? groupCallOf(op.call, body.env) : undefined;
      if (op.kind !== 'call' || !wait || own?.does !== 'add' || own.family !== family || own.call.args[0]?.kind !== 'literal') continue;
      const way = startsItself(op, after, family, body, pass) ? wayOut(op, after, family, body, pass) : undefined;
      if (way) yield { body, add: op.call, group: own.group, turns: way.turns, wait: { node: wait.use.node, body: wait.body } };
    }
  }
}

/** Behind the `Add` stand `go` statements that take the group along, and nothing else that calls `Done` or hands it on. */
function startsItself(add: Op, after: Place, family: string, body: Body, pass: Pass): boolean {
  const behind = operations(body.graph).flatMap(({ op }) => (op !== add && mayCountDownAt(op, family, body, pass) ? [op] : []));
  // `wg.Add(4)` before a loop counts for its rounds.
  const loop = innermostLoop(spanOf(add), body);
  return behind.length > 0 && behind.every(op => op.kind === 'go' && innermostLoop(spanOf(op), body) === loop && reaches(after, other => other === op));
}

/** A way to the end of the function, on which nothing is started. */
function wayOut(add: Op, after: Place, family: string, body: Body, pass: Pass) {
  return search(after, noFacts, {
    key: facts => facts.key,
    op: (op, facts) => (op === add || mayCountDownAt(op, family, body, pass) || pass.contracts.endsHere(op, body.env) ? undefined : facts.after(op, body)),
    edge: (condition, taken, facts) => facts.with(condition, taken, body),
    returns: () => true,
  });
}

function* unstartedIn(body: Body, { family, uses }: LocalGroup, wait: GroupUse & { readonly kind: 'call' }, pass: Pass): Generator<Unstarted> {
  for (const { op, after } of operations(body.graph)) {
    const own = op.kind === 'call' ? groupCallOf(op.call, body.env) : undefined;
    if (op.kind !== 'call' || own?.does !== 'add' || own.family !== family || own.call.args[0]?.kind !== 'literal') continue;
    if (!areStartedBehind(op.call, body, family, uses, pass)) continue;
    const way = wayToWait(op, after, family, body, pass);
    if (way) yield { body, add: op.call, group: own.group, turns: way.turns, wait: { node: way.at.kind === 'op' && way.at.op.kind === 'call' && way.at.op !== op ? way.at.op.call : wait.call, body } };
  }
}

/** All that calls `Done` is started by this body, behind the `Add` or in the same loop, and does so once. */
function areStartedBehind(add: Call, body: Body, family: string, uses: readonly GroupUse[], pass: Pass): boolean {
  const starts = operations(body.graph).flatMap(({ op }) => (mayCountDownAt(op, family, body, pass) ? [spanOf(op)] : []));
  const isWithin = (inner: Span, outer: Span | undefined) => outer !== undefined && outer.start <= inner.start && inner.end <= outer.end;
  const loop = innermostLoop(add, body);
  // `wg.Add(4)` before a loop counts for its rounds, of which there may be none as far as ways can tell.
  const isBehind = (start: Span) => (start.start > add.start || isWithin(start, loop)) && isWithin(add, innermostLoop(start, body) ?? body.block);
  const dones = uses.filter(use => use.kind === 'passed' || (use.kind === 'call' && (use.does === 'done' || use.does === 'minus')));
  const isStarted = ({ node }: GroupUse) => starts.some(start => start.start <= node.start && node.end <= start.end);
  return starts.length > 0 && starts.every(isBehind) && dones.every(isStarted) && !dones.some(use => isInLoopOfItsOwn(use, starts, body));
}

function innermostLoop(node: Span, { graph }: Body): For | Range | undefined {
  return [...graph.loops.keys()].filter(loop => loop.start <= node.start && node.end <= loop.end).sort((a, b) => b.start - a.start)[0];
}

/** A goroutine that calls `Done` in a loop does it for more than itself. */
function isInLoopOfItsOwn({ node }: GroupUse, starts: readonly Span[], { info }: Body): boolean {
  const start = starts.find(span => span.start <= node.start && node.end <= span.end);
  return start !== undefined && /\bfor\b/.test(info.file.source.text.slice(start.start, node.start));
}

/** A way to `Wait`, now or at the end of the function, on which nobody is started that calls `Done`. */
export function wayToWait(add: Op, after: Place, family: string, body: Body, pass: Pass) {
  const does = (op: Op, what: string) => {
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    const own = call?.kind === 'call' ? groupCallOf(call, body.env) : undefined;
    return own?.family === family && own.does === what;
  };
  const waitsAtEnd = operations(body.graph).some(({ op }) => op.kind === 'defer' && does(op, 'wait'));
  return search(after, noFacts, {
    key: facts => facts.key,
    op: (op, facts) => {
      if (op === add || (op.kind === 'call' && does(op, 'wait'))) return 'arrive';
      if (mayCountDownAt(op, family, body, pass) || does(op, 'add') || pass.contracts.endsHere(op, body.env)) return undefined;
      return facts.after(op, body);
    },
    edge: (condition, taken, facts) => facts.with(condition, taken, body),
    returns: () => waitsAtEnd,
  });
}
