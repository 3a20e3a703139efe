/** WaitGroups that are counted up more often than down, so that whoever waits for them waits for ever. */
import { operations } from '../../flow/search.ts';
import type { Call, Expr } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedMention, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { addsAmong, leastAdds, type LocalGroup, localGroups, mostDones, waitOf } from './balance.ts';
import type { GroupUse } from './groupuses.ts';
import { countsUp, mayCountDown, sharedGroups } from './sharedgroups.ts';
import { exceeds } from './times.ts';

export interface Spot {
  readonly node: { readonly start: number; readonly end: number };
  readonly body: Body;
}

export interface MissingDone {
  /** `never`: nothing calls Done. `fewer`: it is called less often than was counted. */
  readonly why: 'never' | 'fewer';
  readonly add: Call;
  readonly group: Expr;
  readonly body: Body;
  readonly wait: Spot;
  /** The goroutines that were counted, by their `go`. */
  readonly starts: readonly Spot[];
}

export function* missingDones(pass: Pass): Generator<MissingDone> {
  for (const group of localGroups(pass)) {
    const found = missingOf(group, pass);
    if (found) yield found;
  }
  for (const { uses } of askedMention(/\.(?:Add|Wait)\(/, pass) ? sharedGroups(pass) : []) {
    const adds = uses.flatMap(({ use, body }) => (use.kind === 'call' && use.does === 'add' && countsUp(use.call) ? [{ use, body }] : []));
    const wait = uses.find(({ use }) => use.kind === 'call' && use.does === 'wait');
    const [first] = adds;
    if (!first || !wait || uses.some(({ use, body }) => mayCountDown(use, body, pass))) continue;
    const found: MissingDone = { why: 'never', add: first.use.call, group: first.use.group, body: first.body, wait: { node: wait.use.node, body: wait.body }, starts: startsIn(first.body) };
    if (!keepsProcess(found)) yield found;
  }
}

function missingOf(group: LocalGroup, pass: Pass): MissingDone | undefined {
  const { body, uses } = group;
  const wait = waitOf(uses, body, pass);
  const [first] = addsAmong(uses);
  if (!wait || !first) return undefined;
  const dones = mostDones(uses, body, pass);
  const adds = dones && leastAdds(group);
  const why = !uses.some(use => mayCountDown(use, body, pass)) ? 'never' : adds && exceeds(adds, dones) ? 'fewer' : undefined;
  if (!why) return undefined;
  const found: MissingDone = { why, add: first.call, group: first.group, body, wait: { node: wait.call, body: wait.body }, starts: startsIn(body, uses) };
  return keepsProcess(found) ? undefined : found;
}

/** `wg.Add(1); wg.Wait()` in `main`, with nothing started between: it keeps the process alive, as `select {}` does. */
function keepsProcess({ why, add, body, wait, starts }: MissingDone): boolean {
  const { node, info } = body;
  return why === 'never' && node === info.decl && info.name === 'main' && info.pkg.name === 'main'
    && operations(body.graph).some(({ op }) => op.kind === 'call' && op.call === wait.node) && !starts.some(start => add.start < start.node.start && start.node.start < wait.node.start);
}

/** The goroutines that the function starts, those that do nothing but wait for the group left out. */
function startsIn(body: Body, uses: readonly GroupUse[] = []): Spot[] {
  const found: Spot[] = [];
  const isWaiter = (x: Expr) => uses.some(use => use.kind === 'call' && use.does === 'wait' && x.start <= use.node.start && use.node.end <= x.end);
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'go' && !isWaiter(stmt.call)) found.push({ node: { start: stmt.start, end: stmt.start + 2 }, body });
    },
  });
  return found;
}

// ------------------------------------------------------------------------------------------------- Go counts itself

/** `wg.Go(func() { defer wg.Done(); … })`: Go calls Done as well, once too often. */
export interface DoneTwice {
  readonly body: Body;
  readonly start: Call;
  readonly done: Call;
  readonly group: Expr;
}

export function* donesInGo(pass: Pass): Generator<DoneTwice> {
  for (const { body, uses } of localGroups(pass)) yield* twiceAmong(uses.map(use => ({ use, body })));
  for (const { uses } of sharedGroups(pass)) yield* twiceAmong(uses);
}

function* twiceAmong(uses: readonly { readonly use: GroupUse; readonly body: Body }[]): Generator<DoneTwice> {
  // Somebody who counts by hand as well may mean it.
  if (uses.some(({ use }) => use.kind === 'escapes' || use.kind === 'passed' || use.kind === 'value' || (use.kind === 'call' && use.does === 'add'))) return;
  for (const { use: go, body } of uses) {
    if (go.kind !== 'call' || go.does !== 'go') continue;
    const inside = (node: { readonly start: number; readonly end: number }) => go.call.start < node.start && node.end < go.call.end;
    const done = uses.find(({ use, body: other }) => other.block === body.block && use.kind === 'call' && use.does === 'done' && inside(use.node));
    if (done?.use.kind === 'call') yield { body, start: go.call, done: done.use.call, group: done.use.group };
  }
}
