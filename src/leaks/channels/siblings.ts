/**
 * Whether those who send to the same goroutine, on this channel or on others of the same value, watch for its end:
 * `select { case s.jobs <- j: case <-s.ctx.Done(): }`. They may come when it has ended, and so may the others.
 */
import { operations } from '../../flow/search.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import { type Body, isTest } from '../bodies.ts';
import { callsInPackage } from '../calls/onlyafter.ts';
import { contextOf } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import { spanOf } from '../paths/reach.ts';
import { familyOf } from '../places/canonical.ts';
import { familiesOf, type FamilyUse } from './families.ts';
import { channelNamesOf, familyKey } from './familykeys.ts';

export function isWatchedBySiblings(sign: Expr, receive: FamilyUse, pass: Pass): boolean {
  return hasWatchingSibling(sign, receive, pass) && !isOfProcess(receive, pass);
}

/** `globalPool = newPool(ctx)`: one value a process, which ends with it. */
function isOfProcess(receive: FamilyUse, pass: Pass): boolean {
  const owner = ownerOf(familyOf(receive.channel, receive.body.env));
  const name = owner?.slice(owner.lastIndexOf('.') + 1);
  const makers = name ? pass.pkg.funcs.filter(({ resultText }) => new RegExp(`\\b${name}\\b`).test(resultText)) : [];
  const calls = makers.flatMap(maker => callsInPackage(maker, pass) ?? []).filter(({ body }) => !isTest(body));
  return calls.length > 0 && calls.every(({ body, op }) => operations(body.graph).some(({ op: other }) => other.kind === 'assign' && op.kind === 'call' && other.rhs.some((x, i) => unparen(x) === op.call && isPackageVariable(other.lhs[i]))));
}

function isPackageVariable(x: Expr | undefined): boolean {
  return x?.kind === 'ident' && x.name !== '_' && x.entity === undefined;
}

function hasWatchingSibling(sign: Expr, receive: FamilyUse, pass: Pass): boolean {
  for (const { uses } of familiesOf(pass).values()) {
    if (!uses.some(({ verb, body }) => verb === 'receive' && body.block === receive.body.block)) continue;
    const sends = uses.filter(({ verb, guarded, body }) => verb === 'send' && guarded && !isTest(body) && body.info !== receive.body.info);
    if (sends.some(send => watches(send, sign, receive, pass))) return true;
  }
  return false;
}

/** Another case of the select around the send is the sign. */
function watches({ body, node }: FamilyUse, sign: Expr, receive: FamilyUse, pass: Pass): boolean {
  return body.graph.blocks.some(({ end }) => end.kind === 'select' && end.arms.some(({ to }) => to.ops[0]?.kind === 'send' && spanOf(to.ops[0]).start === node.start)
    && end.arms.some(({ to: { ops: [first] } }) => first?.kind === 'receive' && isSameSign(first.channel, body, sign, receive, pass)));
}

/** The same field; of a context that the goroutine was given, one that the value keeps. */
function isSameSign(channel: Expr, body: Body, sign: Expr, receive: FamilyUse, pass: Pass): boolean {
  const signed = receive.body;
  const [own, other] = [contextOf(sign, signed), contextOf(channel, body)];
  if (own || other) {
    const kept = other && other.kind === 'selector' ? familyOf(other, body.env) : undefined;
    if (!own || kept === undefined) return false;
    return own.kind === 'selector' ? familyOf(own, signed.env) === kept : ownerOf(familyOf(receive.channel, signed.env)) === ownerOf(kept);
  }
  const names = channelNamesOf(pass.pkg);
  const key = names && familyKey(channel, body.env, names, pass);
  return key !== undefined && names !== undefined && key === familyKey(sign, signed.env, names, pass);
}

/** The type that has the field. */
function ownerOf(family: string | undefined): string | undefined {
  return family?.slice(0, family.lastIndexOf('.'));
}
