/** What is closed gives nothing any more: `l.Close(); _, err := l.Accept()`. */
import type { Op } from '../../flow/graph.ts';
import { operations, search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';

/** Methods after which the others of the same value only fail. */
const ENDS = /\.(?:Close|Commit|Rollback)$/;

/** Whether the call asks something of a variable that was closed on every way to it. */
export function isOfClosed(at: Op & { kind: 'call' }, body: Body, pass: Pass): boolean {
  const asked = receiverOf(at.call);
  if (!asked || asked.owner !== body.node || !isEverEnded(asked, body)) return false;
  return search({ block: body.graph.entry, index: 0 }, { closed: false }, {
    key: ({ closed }) => `${closed}`,
    op(op, state) {
      if (op === at) return state.closed ? undefined : 'arrive';
      if (pass.contracts.endsHere(op, body.env)) return undefined;
      if (op.kind === 'assign' && op.lhs.some(x => x.kind === 'ident' && x.entity === asked)) return { closed: false };
      return op.kind === 'call' && endedBy(op.call, body) === asked ? { closed: true } : state;
    },
    edge: (_condition, _taken, state) => state,
    returns: () => false,
  }) === undefined;
}

function isEverEnded(variable: Variable, body: Body): boolean {
  return operations(body.graph).some(({ op }) => op.kind === 'call' && endedBy(op.call, body) === variable);
}

function receiverOf({ fun }: Call): Variable | undefined {
  const x = unparen(fun);
  const receiver = x.kind === 'selector' ? unparen(x.x) : undefined;
  return receiver?.kind === 'ident' && receiver.entity?.kind === 'var' ? receiver.entity : undefined;
}

function endedBy(call: Call, { env }: Body): Variable | undefined {
  const asked = receiverOf(call);
  return asked && ENDS.test(calleeName(calleeOf(call, env)) ?? '') ? asked : undefined;
}
