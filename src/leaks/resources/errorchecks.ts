/** Whether a way that forgets a resource has asked for the error that came with it. */
import type { Block as FlowBlock } from '../../flow/graph.ts';
import type { Turn, Walk } from '../../flow/search.ts';
import type { Variable } from '../../syntax/ast.ts';
import { mentions, type State } from './ways.ts';

/** The function asks for the error, but not on this way: something else told it already that the call had failed. */
export function missesErrorCheck(turns: readonly Turn[], errors: ReadonlySet<Variable>, blocks: readonly FlowBlock[]): boolean {
  if (errors.size === 0 || turns.some(({ condition }) => mentions(condition, errors))) return false;
  return turns.length > 0 && blocks.some(({ end }) => end.kind === 'branch' && end.condition !== undefined && mentions(end.condition, errors));
}

interface Asked extends State {
  readonly isAsked: boolean;
}

/** The same walk, which arrives only on ways that have asked for the error while it told something. */
export function asking(walk: Walk<State>): Walk<Asked> {
  return {
    key: state => `${walk.key(state)} ${state.isAsked}`,
    op(op, state) {
      const next = walk.op(op, state);
      if (next === 'arrive') return state.isAsked ? 'arrive' : undefined;
      return next && { ...next, isAsked: state.isAsked };
    },
    edge(condition, taken, state, to) {
      const next = walk.edge(condition, taken, state, to);
      return next && { ...next, isAsked: state.isAsked || mentions(condition, state.errors) };
    },
    between(from, to, state) {
      const next = walk.between ? walk.between(from, to, state) : state;
      return next && { ...next, isAsked: state.isAsked };
    },
    returns: (end, state) => state.isAsked && walk.returns(end, state),
  };
}
