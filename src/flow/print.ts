import type { Block, FlowGraph, Op } from './graph.ts';

/** A graph as text, a block a paragraph: for people who debug a rule, and for tests. */
export function printGraph(graph: FlowGraph, text: string): string {
  const code = (node: { readonly start: number; readonly end: number }) => text.slice(node.start, node.end).replace(/\s+/g, ' ').slice(0, 60);
  return graph.blocks.map(block => [`b${block.id}:`, ...block.ops.map(op => `  ${printOp(op, code)}`), `  ${printEnd(block, code)}`].join('\n')).join('\n');
}

type Code = (node: { readonly start: number; readonly end: number }) => string;

function printOp(op: Op, code: Code): string {
  switch (op.kind) {
    case 'call':
      return `call ${code(op.call)}`;
    case 'go':
    case 'defer':
      return code(op.stmt);
    case 'send':
      return `send ${code(op.stmt)}`;
    case 'receive':
      return `receive ${code(op.channel)}`;
    case 'assign':
      return `assign ${code(op.node)}`;
    case 'range':
      return `range ${code(op.stmt.x)}`;
    case 'eval':
      return `eval ${code(op.expr)}`;
  }
}

function printEnd({ end }: Block, code: Code): string {
  switch (end.kind) {
    case 'jump':
      return `jump b${end.to.id}`;
    case 'branch':
      return `if ${end.condition ? code(end.condition) : '?'} b${end.then.id} else b${end.else.id}`;
    case 'select':
      return `select ${end.arms.map(arm => `b${arm.to.id}`).join(' ')}`;
    case 'return':
      return end.stmt ? code(end.stmt) : 'return';
    case 'stuck':
      return 'stuck';
  }
}

