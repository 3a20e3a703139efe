import { type Block as BlockStmt, type Clause, eachChild, type Expr, type For, type If, type Range, type Select, type Stmt, type Switch, type TypeSwitch, unparen, type FuncNode } from '../syntax/ast.ts';
import { timed } from '../source/clock.ts';
import type { Block, FlowGraph, Op } from './graph.ts';

const graphs = new WeakMap<BlockStmt, FlowGraph>();

/** The graph of a function body; built once. */
export function graphOf(func: FuncNode, body: BlockStmt): FlowGraph {
  const known = graphs.get(body);
  if (known) return known;
  const graph = timed('flow', () => new Builder(func, body).build());
  graphs.set(body, graph);
  return graph;
}

/** What `break` and `continue` mean inside a statement. */
interface Target {
  readonly label: string | undefined;
  readonly breakTo: Block;
  readonly continueTo: Block | undefined;
}

class Builder {
  private readonly blocks: Block[] = [];
  private readonly loops = new Map<For | Range, { head: Block; after: Block }>();
  private readonly targets: Target[] = [];
  private readonly labels = new Map<string, Block>();
  private at: Block;
  private label: string | undefined;
  private fallthroughTo: Block | undefined;

  constructor(private readonly func: FuncNode, private readonly body: BlockStmt) {
    this.at = this.newBlock();
  }

  build(): FlowGraph {
    const entry = this.at;
    this.stmts(this.body.stmts);
    return { func: this.func, entry, blocks: this.blocks, loops: this.loops };
  }

  /** A new block; until it is told otherwise it ends the function. */
  private newBlock(): Block {
    const block: Block = { id: this.blocks.length, ops: [], end: { kind: 'return', stmt: undefined, body: this.body } };
    this.blocks.push(block);
    return block;
  }

  private jump(to: Block): void {
    this.at.end = { kind: 'jump', to };
  }

  /** Goes on in a block that nothing leads to (yet): the code after `return`, `break`, `goto`. */
  private unreachable(): void {
    this.at = this.newBlock();
  }

  private emit(op: Op): void {
    this.at.ops.push(op);
  }

  private stmts(stmts: readonly Stmt[]): void {
    for (const stmt of stmts) this.stmt(stmt);
  }

  private stmt(stmt: Stmt): void {
    const label = this.label;
    this.label = undefined;
    switch (stmt.kind) {
      case 'block':
        return this.stmts(stmt.stmts);
      case 'expr':
        this.operands(stmt.x, true);
        return this.endIfPanic(stmt.x);
      case 'incdec':
        this.operands(stmt.x);
        return this.emit({ kind: 'eval', expr: stmt.x });
      case 'send':
        this.operands(stmt.channel);
        this.operands(stmt.value);
        return this.emit({ kind: 'send', stmt, inSelect: false });
      case 'assign':
        for (const x of [...stmt.lhs.filter(l => l.kind !== 'ident'), ...stmt.rhs]) this.operands(x);
        return this.emit({ kind: 'assign', lhs: stmt.lhs, rhs: stmt.rhs, node: stmt });
      case 'go':
        this.callOperands(stmt.call);
        return this.emit({ kind: 'go', stmt });
      case 'defer':
        this.callOperands(stmt.call);
        return this.emit({ kind: 'defer', stmt });
      case 'return':
        for (const x of stmt.results) this.operands(x);
        this.at.end = { kind: 'return', stmt, body: this.body };
        return this.unreachable();
      case 'branch':
        return this.branchStmt(stmt);
      case 'if':
        return this.ifStmt(stmt);
      case 'switch':
        return this.switchStmt(stmt, label);
      case 'typeswitch':
        return this.typeSwitch(stmt, label);
      case 'select':
        return this.select(stmt, label);
      case 'for':
        return this.forStmt(stmt, label);
      case 'range':
        return this.range(stmt, label);
      case 'labeled': {
        const target = this.labelBlock(stmt.label);
        this.jump(target);
        this.at = target;
        this.label = stmt.label;
        this.stmt(stmt.stmt);
        this.label = undefined;
        return;
      }
      case 'decl':
        if (stmt.decl.kind === 'var') {
          for (const spec of stmt.decl.specs) {
            for (const x of spec.values) this.operands(x);
            this.emit({ kind: 'assign', lhs: spec.names, rhs: spec.values, node: spec });
          }
        }
        return;
      case 'empty':
      case 'bad':
        return;
    }
  }

  /** `panic(…)` needs no type to be known: nothing in a function is called like that on purpose. */
  private endIfPanic(x: Expr): void {
    const call = unparen(x);
    if (call.kind !== 'call' || call.fun.kind !== 'ident' || call.fun.name !== 'panic' || call.fun.entity) return;
    this.at.end = { kind: 'stuck' };
    this.unreachable();
  }

  private labelBlock(label: string): Block {
    let block = this.labels.get(label);
    if (!block) {
      block = this.newBlock();
      this.labels.set(label, block);
    }
    return block;
  }

  private branchStmt(stmt: Stmt & { kind: 'branch' }): void {
    const to = this.branchTarget(stmt);
    if (to) this.jump(to);
    else this.at.end = { kind: 'stuck' };
    this.unreachable();
  }

  private branchTarget({ token, label }: Stmt & { kind: 'branch' }): Block | undefined {
    if (token === 'goto') return this.labelBlock(label ?? '');
    if (token === 'fallthrough') return this.fallthroughTo;
    const fits = (t: Target) => (label === undefined || t.label === label) && (token === 'break' || t.continueTo !== undefined);
    const target = this.targets.findLast(fits);
    return token === 'break' ? target?.breakTo : target?.continueTo;
  }

  private inside(target: Target, run: () => void): void {
    this.targets.push(target);
    run();
    this.targets.pop();
  }

  private ifStmt(stmt: If): void {
    if (stmt.init) this.stmt(stmt.init);
    const then = this.newBlock();
    const after = this.newBlock();
    const otherwise = stmt.else ? this.newBlock() : after;
    this.condition(stmt.cond, then, otherwise);
    this.at = then;
    this.stmts(stmt.then.stmts);
    this.jump(after);
    if (stmt.else) {
      this.at = otherwise;
      this.stmt(stmt.else);
      this.jump(after);
    }
    this.at = after;
  }

  /** Ends the block in a branch, `&&`, `||` and `!` resolved into edges. */
  private condition(x: Expr, then: Block, otherwise: Block): void {
    const cond = unparen(x);
    if (cond.kind === 'binary' && (cond.op === '&&' || cond.op === '||')) {
      const second = this.newBlock();
      if (cond.op === '&&') this.condition(cond.x, second, otherwise);
      else this.condition(cond.x, then, second);
      this.at = second;
      return this.condition(cond.y, then, otherwise);
    }
    if (cond.kind === 'unary' && cond.op === '!') return this.condition(cond.x, otherwise, then);
    if (cond.kind === 'ident' && !cond.entity && (cond.name === 'true' || cond.name === 'false')) return this.jump(cond.name === 'true' ? then : otherwise);
    this.operands(cond);
    this.at.end = { kind: 'branch', condition: cond, then, else: otherwise };
  }

  private forStmt(stmt: For, label: string | undefined): void {
    if (stmt.init) this.stmt(stmt.init);
    const head = this.newBlock();
    const body = this.newBlock();
    const post = this.newBlock();
    const after = this.newBlock();
    this.loops.set(stmt, { head, after });
    this.jump(head);
    this.at = head;
    if (stmt.cond) this.condition(stmt.cond, body, after);
    else this.jump(body);
    this.at = body;
    this.inside({ label, breakTo: after, continueTo: post }, () => this.stmts(stmt.body.stmts));
    this.jump(post);
    this.at = post;
    if (stmt.post) this.stmt(stmt.post);
    this.jump(head);
    this.at = after;
  }

  private range(stmt: Range, label: string | undefined): void {
    this.operands(stmt.x);
    const head = this.newBlock();
    const body = this.newBlock();
    const after = this.newBlock();
    this.loops.set(stmt, { head, after });
    this.jump(head);
    this.at = head;
    this.emit({ kind: 'range', stmt });
    this.at.end = { kind: 'branch', condition: undefined, then: body, else: after };
    this.at = body;
    this.inside({ label, breakTo: after, continueTo: head }, () => this.stmts(stmt.body.stmts));
    this.jump(head);
    this.at = after;
  }

  private switchStmt(stmt: Switch, label: string | undefined): void {
    if (stmt.init) this.stmt(stmt.init);
    const { tag } = stmt;
    if (tag) {
      this.operands(tag);
      this.emit({ kind: 'eval', expr: tag });
    }
    this.clauses(stmt.clauses, label, (x, then, otherwise) => this.condition(
      tag ? { kind: 'binary', op: '==', x: tag, y: x, start: x.start, end: x.end } : x, then, otherwise));
  }

  private typeSwitch(stmt: TypeSwitch, label: string | undefined): void {
    if (stmt.init) this.stmt(stmt.init);
    this.operands(stmt.x);
    this.emit({ kind: 'eval', expr: stmt.x });
    this.clauses(stmt.clauses, label, (x, then, otherwise) => {
      // A type that matches means that the value is not nil; the other way round says nothing and is not relied on.
      const isNil = x.kind === 'ident' && x.name === 'nil';
      const nil: Expr = { kind: 'ident', start: x.start, end: x.end, name: 'nil', entity: undefined };
      this.at.end = { kind: 'branch', condition: { kind: 'binary', op: isNil ? '==' : '!=', x: stmt.x, y: nil, start: x.start, end: x.end }, then, else: otherwise };
    });
  }

  private clauses(clauses: readonly Clause[], label: string | undefined, test: (x: Expr, then: Block, otherwise: Block) => void): void {
    const after = this.newBlock();
    const bodies = clauses.map(() => this.newBlock());
    let fallback = after;
    clauses.forEach((clause, i) => {
      const body = bodies[i] ?? after;
      if (clause.isDefault) fallback = body;
      for (const x of clause.exprs) {
        const next = this.newBlock();
        test(x, body, next);
        this.at = next;
      }
    });
    this.jump(fallback);
    clauses.forEach((clause, i) => {
      this.at = bodies[i] ?? after;
      const outer = this.fallthroughTo;
      this.fallthroughTo = bodies[i + 1];
      this.inside({ label, breakTo: after, continueTo: undefined }, () => this.stmts(clause.body));
      this.fallthroughTo = outer;
      this.jump(after);
    });
    this.at = after;
  }

  private select(stmt: Select, label: string | undefined): void {
    if (stmt.clauses.length === 0) {
      this.at.end = { kind: 'stuck' };
      return this.unreachable();
    }
    const after = this.newBlock();
    for (const { comm } of stmt.clauses) if (comm) this.commOperands(comm);
    const arms = stmt.clauses.map(clause => ({ clause, to: this.newBlock() }));
    this.at.end = { kind: 'select', stmt, arms };
    for (const { clause, to } of arms) {
      this.at = to;
      if (clause.comm) this.communication(clause.comm);
      this.inside({ label, breakTo: after, continueTo: undefined }, () => this.stmts(clause.body));
      this.jump(after);
    }
    this.at = after;
  }

  /** Channels and sent values of all cases are evaluated before the choice, as the spec says. */
  private commOperands(comm: Stmt): void {
    if (comm.kind === 'send') {
      this.operands(comm.channel);
      this.operands(comm.value);
    }
    const receive = receiveOf(comm);
    if (receive) this.operands(receive.x);
  }

  private communication(comm: Stmt): void {
    if (comm.kind === 'send') return this.emit({ kind: 'send', stmt: comm, inSelect: true });
    const receive = receiveOf(comm);
    if (receive) this.emit({ kind: 'receive', channel: receive.x, node: receive, inSelect: true });
    if (comm.kind === 'assign') this.emit({ kind: 'assign', lhs: comm.lhs, rhs: comm.rhs, node: comm });
  }

  /** The operations inside an expression, in the order in which they happen. */
  private operands(x: Expr, discarded = false): void {
    if (x.kind === 'paren') return this.operands(x.x, discarded);
    if (x.kind === 'binary' && (x.op === '&&' || x.op === '||')) return this.shortCircuit(x);
    eachChild(x, this.operand);
    if (x.kind === 'call') this.emit({ kind: 'call', call: x, discarded });
    if (x.kind === 'unary' && x.op === '<-') this.emit({ kind: 'receive', channel: x.x, node: x, inSelect: false });
  }

  private readonly operand = (x: Expr): void => this.operands(x);

  private shortCircuit(x: Expr & { kind: 'binary' }): void {
    this.operands(x.x);
    const second = this.newBlock();
    const after = this.newBlock();
    this.at.end = x.op === '&&' ? { kind: 'branch', condition: x.x, then: second, else: after } : { kind: 'branch', condition: x.x, then: after, else: second };
    this.at = second;
    this.operands(x.y);
    this.jump(after);
    this.at = after;
  }

  /** Of `go f(g())`, `defer f(g())` and `defer g()()`, what runs at once. */
  private callOperands(x: Expr): void {
    const call = unparen(x);
    if (call.kind !== 'call') return this.operands(x);
    const fun = unparen(call.fun);
    // `defer s.lock()()` locks at once.
    if (fun.kind === 'call') this.operands(fun);
    else if (fun.kind !== 'funclit') eachChild(fun, this.operand);
    for (const arg of call.args) this.operands(arg);
  }
}

function receiveOf(comm: Stmt): (Expr & { kind: 'unary' }) | undefined {
  const x = comm.kind === 'expr' ? unparen(comm.x) : comm.kind === 'assign' && comm.rhs[0] ? unparen(comm.rhs[0]) : undefined;
  return x?.kind === 'unary' && x.op === '<-' ? x : undefined;
}
