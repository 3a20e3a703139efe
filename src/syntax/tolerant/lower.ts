/**
 * From the concrete syntax (`Raw`, see parse.ts) to our own. What the grammar marks as an error becomes `bad`, its
 * neighbours stay.
 */
import { cutLoose, nameOf } from '../../source/names.ts';
import type * as ast from '../ast.ts';
import type { Raw } from './parse.ts';
import { repeated } from '../parser/repeated.ts';

const NO_CHILDREN: readonly Raw[] = [];

/** Lowers raw nodes of one file. */
export class Lowering {
  constructor(private readonly text: string) {}

  /** The declarations of a `source_file`; statements at top level (garbage) are left out. */
  decls(root: Raw): ast.Decl[] {
    return flatten(root).flatMap(child => this.decl(child));
  }

  block(raw: Raw): ast.Block {
    return { kind: 'block', start: raw.start, end: raw.end, stmts: this.stmts(raw.children) };
  }

  // ------------------------------------------------------------------------------------------ declarations

  private decl(raw: Raw): ast.Decl[] {
    switch (raw.type) {
      case 'function_declaration':
      case 'method_declaration':
        return [this.funcDecl(raw)];
      case 'import_declaration':
        return [{ kind: 'import', specs: specsOf(raw, 'import_spec').map(spec => this.importSpec(spec)) }];
      case 'var_declaration':
        return [{ kind: 'var', specs: specsOf(raw, 'var_spec').map(spec => this.valueSpec(spec)) }];
      case 'const_declaration':
        return [{ kind: 'const', specs: repeated(specsOf(raw, 'const_spec').map(spec => this.valueSpec(spec))) }];
      case 'type_declaration':
        return [{ kind: 'type', specs: raw.children.filter(c => c.type === 'type_spec' || c.type === 'type_alias').map(spec => this.typeSpec(spec)) }];
      default:
        return [];
    }
  }

  private funcDecl(raw: Raw): ast.FuncDecl {
    const receiver = this.fields(fieldOf(raw, 'receiver'))[0];
    const body = fieldOf(raw, 'body');
    return {
      kind: 'func', start: raw.start, end: raw.end,
      name: this.ident(fieldOf(raw, 'name') ?? raw),
      receiver,
      type: this.funcType(raw),
      bodySpan: body && { start: body.start, end: body.end },
    };
  }

  private importSpec(raw: Raw): ast.ImportSpec {
    const name = fieldOf(raw, 'name');
    const path = fieldOf(raw, 'path');
    return {
      start: raw.start, end: raw.end,
      name: name && (name.type === 'dot' ? '.' : this.textOf(name)),
      path: path ? nameOf(this.textOf(path).slice(1, -1)) : '',
    };
  }

  private valueSpec(raw: Raw): ast.ValueSpec {
    const type = fieldOf(raw, 'type');
    return {
      start: raw.start, end: raw.end,
      names: raw.children.filter(c => c.field === 'name' && isName(c)).map(c => this.ident(c)),
      type: type && this.expr(type),
      values: this.exprs(fieldOf(raw, 'value')),
    };
  }

  private typeSpec(raw: Raw): ast.TypeSpec {
    return {
      start: raw.start, end: raw.end,
      name: this.ident(fieldOf(raw, 'name') ?? raw),
      typeParams: this.fields(fieldOf(raw, 'type_parameters')),
      isAlias: raw.type === 'type_alias',
      type: this.optional(fieldOf(raw, 'type'), raw),
    };
  }

  private funcType(raw: Raw): ast.FuncType {
    const result = fieldOf(raw, 'result');
    const results = !result ? [] : result.type === 'parameter_list' ? this.fields(result)
      : [{ start: result.start, end: result.end, names: [], type: this.expr(result), variadic: false }];
    return {
      kind: 'functype', start: raw.start, end: raw.end,
      typeParams: this.fields(fieldOf(raw, 'type_parameters')),
      params: this.fields(fieldOf(raw, 'parameters')),
      results,
    };
  }

  private fields(list: Raw | undefined): ast.Field[] {
    return (list?.children ?? []).filter(c => c.type.endsWith('_declaration')).map(raw => {
      const type = fieldOf(raw, 'type');
      return {
        start: raw.start, end: raw.end,
        names: raw.children.filter(c => c.field === 'name' && isName(c)).map(c => this.ident(c)),
        type: this.fieldType(raw, type),
        variadic: raw.type === 'variadic_parameter_declaration',
      };
    });
  }

  /** An embedded `*T` stands in the tree as a `*` token beside the type. */
  private fieldType(raw: Raw, type: Raw | undefined): ast.Expr {
    const x = this.optional(type, raw);
    return raw.children.some(c => c.type === '*') ? { kind: 'star', start: raw.start, end: raw.end, x } : x;
  }

  // -------------------------------------------------------------------------------------------- statements

  private stmts(raws: readonly Raw[]): ast.Stmt[] {
    return raws.flatMap(raw => (raw.type === 'statement_list' ? this.stmts(raw.children) : [this.stmt(raw)]));
  }

  private stmtField(raw: Raw, name: string): ast.Stmt | undefined {
    const found = fieldOf(raw, name);
    return found && this.stmt(found);
  }

  private stmt(raw: Raw): ast.Stmt {
    const { start, end } = raw;
    const child = (name: string) => this.optional(fieldOf(raw, name), raw);
    switch (raw.type) {
      case 'block':
        return this.block(raw);
      case 'expression_statement':
        return { kind: 'expr', start, end, x: this.optional(raw.children[0], raw) };
      case 'send_statement':
        return { kind: 'send', start, end, channel: child('channel'), value: child('value') };
      case 'receive_statement':
        return this.receiveStmt(raw);
      case 'inc_statement':
      case 'dec_statement':
        return { kind: 'incdec', start, end, x: this.optional(raw.children[0], raw) };
      case 'assignment_statement':
        return { kind: 'assign', start, end, lhs: this.exprs(fieldOf(raw, 'left')), op: this.textOf(fieldOf(raw, 'operator')), rhs: this.exprs(fieldOf(raw, 'right')) };
      case 'short_var_declaration':
        return { kind: 'assign', start, end, lhs: this.exprs(fieldOf(raw, 'left')), op: ':=', rhs: this.exprs(fieldOf(raw, 'right')) };
      case 'go_statement':
        return { kind: 'go', start, end, call: this.optional(raw.children[0], raw) };
      case 'defer_statement':
        return { kind: 'defer', start, end, call: this.optional(raw.children[0], raw) };
      case 'return_statement':
        return { kind: 'return', start, end, results: this.exprs(raw.children[0]) };
      case 'break_statement':
      case 'continue_statement':
      case 'goto_statement':
      case 'fallthrough_statement':
        return this.branch(raw);
      case 'labeled_statement':
        return this.labeled(raw);
      case 'if_statement':
        return this.ifStmt(raw);
      case 'for_statement':
        return this.forStmt(raw);
      case 'expression_switch_statement': {
        const tag = fieldOf(raw, 'value');
        return { kind: 'switch', start, end, init: this.stmtField(raw, 'initializer'), tag: tag && this.expr(tag), clauses: this.clauses(raw) };
      }
      case 'type_switch_statement': {
        const bind = fieldOf(raw, 'alias')?.children[0];
        return { kind: 'typeswitch', start, end, init: this.stmtField(raw, 'initializer'), bind: bind && this.ident(bind), x: child('value'), clauses: this.clauses(raw) };
      }
      case 'select_statement':
        return { kind: 'select', start, end, clauses: raw.children.filter(isClause).map(clause => this.commClause(clause)) };
      case 'var_declaration':
      case 'const_declaration':
      case 'type_declaration': {
        const decl = this.decl(raw)[0];
        return decl ? { kind: 'decl', start, end, decl } : { kind: 'bad', start, end };
      }
      case 'empty_statement':
        return { kind: 'empty', start, end };
      case 'ERROR':
        return this.salvage(raw);
      default:
        return isExpression(raw) ? { kind: 'expr', start, end, x: this.expr(raw) } : { kind: 'bad', start, end };
    }
  }

  /** What can still be read inside an ERROR node, so that one unknown construct does not hide its surroundings. */
  private salvage(raw: Raw): ast.Stmt {
    const stmts = this.stmts(raw.children.filter(c => c.type.endsWith('_statement') || c.type === 'short_var_declaration' || c.type === 'call_expression'));
    return stmts.length ? { kind: 'block', start: raw.start, end: raw.end, stmts } : { kind: 'bad', start: raw.start, end: raw.end };
  }

  private receiveStmt(raw: Raw): ast.Stmt {
    const { start, end } = raw;
    const left = fieldOf(raw, 'left');
    const right = this.optional(fieldOf(raw, 'right'), raw);
    if (!left) return { kind: 'expr', start, end, x: right };
    return { kind: 'assign', start, end, lhs: this.exprs(left), op: raw.children.some(c => c.type === ':=') ? ':=' : '=', rhs: [right] };
  }

  private branch(raw: Raw): ast.Branch {
    const label = raw.children.find(c => c.type === 'label_name');
    const token = raw.type.slice(0, -'_statement'.length);
    const known = token === 'continue' || token === 'goto' || token === 'fallthrough' ? token : 'break';
    return { kind: 'branch', start: raw.start, end: raw.end, token: known, label: label && this.textOf(label) };
  }

  private labeled(raw: Raw): ast.Labeled {
    const inner = raw.children.find(c => c.field !== 'label' && c.type !== 'label_name');
    const stmt: ast.Stmt = inner ? this.stmt(inner) : { kind: 'empty', start: raw.end, end: raw.end };
    return { kind: 'labeled', start: raw.start, end: raw.end, label: this.textOf(fieldOf(raw, 'label')), stmt };
  }

  private ifStmt(raw: Raw): ast.If {
    const then = fieldOf(raw, 'consequence');
    return {
      kind: 'if', start: raw.start, end: raw.end,
      init: this.stmtField(raw, 'initializer'),
      cond: this.optional(fieldOf(raw, 'condition'), raw),
      then: this.block(then ?? empty(raw)),
      else: this.stmtField(raw, 'alternative'),
    };
  }

  private forStmt(raw: Raw): ast.Stmt {
    const { start, end } = raw;
    const body = this.block(fieldOf(raw, 'body') ?? empty(raw));
    const range = raw.children.find(c => c.type === 'range_clause');
    if (range) {
      const define = range.children.some(c => c.type === ':=');
      return { kind: 'range', start, end, lhs: this.exprs(fieldOf(range, 'left')), define, x: this.optional(fieldOf(range, 'right'), range), body };
    }
    const clause = raw.children.find(c => c.type === 'for_clause');
    if (clause) {
      const cond = fieldOf(clause, 'condition');
      return { kind: 'for', start, end, init: this.stmtField(clause, 'initializer'), cond: cond && this.expr(cond), post: this.stmtField(clause, 'update'), body };
    }
    const cond = raw.children.find(c => c.field !== 'body' && isExpression(c));
    return { kind: 'for', start, end, init: undefined, cond: cond && this.expr(cond), post: undefined, body };
  }

  private clauses(raw: Raw): ast.Clause[] {
    return raw.children.filter(isClause).map(clause => ({
      start: clause.start, end: clause.end,
      exprs: clause.children.filter(c => c.field === 'value' || c.field === 'type').flatMap(c => this.exprs(c)),
      isDefault: clause.type === 'default_case',
      body: this.stmts(clause.children.filter(c => c.field === '' && c.type !== 'default')),
    }));
  }

  private commClause(clause: Raw): ast.CommClause {
    return {
      start: clause.start, end: clause.end,
      comm: this.stmtField(clause, 'communication'),
      body: this.stmts(clause.children.filter(c => c.field === '' && c.type !== 'default')),
    };
  }

  // ------------------------------------------------------------------------------------------- expressions

  private exprs(list: Raw | undefined): ast.Expr[] {
    if (!list) return [];
    if (list.type === 'expression_list') return list.children.map(c => this.expr(c));
    return [this.expr(list)];
  }

  private optional(raw: Raw | undefined, parent: Raw): ast.Expr {
    return raw ? this.expr(raw) : { kind: 'bad', start: parent.start, end: parent.start };
  }

  private ident(raw: Raw): ast.Ident {
    // The place for what binding it finds is there from the start: added later it would cost as much as the rest.
    return { kind: 'ident', start: raw.start, end: raw.end, name: this.textOf(raw), entity: undefined };
  }

  private expr(raw: Raw): ast.Expr {
    const { start, end } = raw;
    const child = (name: string) => this.optional(fieldOf(raw, name), raw);
    switch (raw.type) {
      case 'identifier':
      case 'type_identifier':
      case 'field_identifier':
      case 'package_identifier':
      case 'blank_identifier':
      case 'nil':
      case 'true':
      case 'false':
      case 'iota':
      case 'new':
      case 'make':
        return this.ident(raw);
      case 'int_literal':
        return this.literal(raw, 'int');
      case 'float_literal':
        return this.literal(raw, 'float');
      case 'imaginary_literal':
        return this.literal(raw, 'imaginary');
      case 'rune_literal':
        return this.literal(raw, 'rune');
      case 'interpreted_string_literal':
      case 'raw_string_literal':
        return this.literal(raw, 'string');
      case 'parenthesized_expression':
      case 'parenthesized_type':
        return { kind: 'paren', start, end, x: this.optional(raw.children[0], raw) };
      case 'selector_expression': {
        const field = fieldOf(raw, 'field');
        return { kind: 'selector', start, end, x: child('operand'), sel: this.ident(field ?? empty(raw)) };
      }
      case 'qualified_type':
        return { kind: 'selector', start, end, x: child('package'), sel: this.ident(fieldOf(raw, 'name') ?? empty(raw)) };
      case 'index_expression':
        return { kind: 'index', start, end, x: child('operand'), indices: raw.children.filter(c => c.field === 'index').map(c => this.expr(c)) };
      case 'generic_type':
      case 'type_instantiation_expression': {
        const type = fieldOf(raw, 'type');
        const args = fieldOf(raw, 'type_arguments')?.children ?? raw.children.filter(c => c !== type);
        return { kind: 'index', start, end, x: this.optional(type, raw), indices: args.map(c => this.expr(c)) };
      }
      case 'type_elem':
      case 'type_constraint':
        return this.union(raw);
      case 'negated_type':
        return { kind: 'unary', start, end, op: '~', x: this.optional(raw.children.at(-1), raw) };
      case 'slice_expression':
        return { kind: 'slice', start, end, x: child('operand'), bounds: raw.children.filter(c => c.field !== 'operand' && isExpression(c)).map(c => this.expr(c)) };
      case 'type_assertion_expression':
        return { kind: 'assert', start, end, x: child('operand'), type: child('type') };
      case 'type_conversion_expression':
        return { kind: 'call', start, end, fun: child('type'), args: [child('operand')], spread: false };
      case 'call_expression':
        return this.call(raw);
      case 'unary_expression': {
        const op = this.textOf(fieldOf(raw, 'operator'));
        const x = child('operand');
        return op === '*' ? { kind: 'star', start, end, x } : { kind: 'unary', start, end, op, x };
      }
      case 'binary_expression':
        return { kind: 'binary', start, end, op: this.textOf(fieldOf(raw, 'operator')), x: child('left'), y: child('right') };
      case 'composite_literal': {
        const type = fieldOf(raw, 'type');
        return { kind: 'composite', start, end, type: type && this.expr(type), elements: this.elements(fieldOf(raw, 'body')) };
      }
      case 'literal_value':
        return { kind: 'composite', start, end, type: undefined, elements: this.elements(raw) };
      case 'literal_element':
        return this.optional(raw.children[0], raw);
      case 'func_literal':
        return { kind: 'funclit', start, end, type: this.funcType(raw), body: this.block(fieldOf(raw, 'body') ?? empty(raw)) };
      default:
        return this.type(raw);
    }
  }

  private type(raw: Raw): ast.Expr {
    const { start, end } = raw;
    const child = (name: string) => this.optional(fieldOf(raw, name), raw);
    switch (raw.type) {
      case 'pointer_type':
        return { kind: 'star', start, end, x: this.optional(raw.children.find(c => c.type !== '*'), raw) };
      case 'slice_type':
        return { kind: 'array', start, end, length: undefined, elem: child('element') };
      case 'array_type':
        return { kind: 'array', start, end, length: child('length'), elem: child('element') };
      case 'implicit_length_array_type':
        return { kind: 'array', start, end, length: '...', elem: child('element') };
      case 'map_type':
        return { kind: 'map', start, end, key: child('key'), value: child('value') };
      case 'channel_type': {
        const dir = this.text.startsWith('<-', start) ? 'receive' : raw.children.some(c => c.type === '<-') ? 'send' : 'both';
        return { kind: 'chan', start, end, dir, elem: child('value') };
      }
      case 'function_type':
        return this.funcType(raw);
      case 'struct_type':
        return { kind: 'struct', start, end, fields: this.fields(raw.children.find(c => c.type === 'field_declaration_list')) };
      case 'interface_type':
        return this.interfaceType(raw);
      default:
        return { kind: 'bad', start, end };
    }
  }

  /** `A | B` in a constraint. */
  private union(raw: Raw): ast.Expr {
    const [first, ...rest] = raw.children.filter(c => c.type !== '|').map(c => this.expr(c));
    return rest.reduce<ast.Expr>((x, y) => ({ kind: 'binary', start: x.start, end: y.end, op: '|', x, y }), first ?? { kind: 'bad', start: raw.start, end: raw.end });
  }

  private interfaceType(raw: Raw): ast.InterfaceType {
    const methods = raw.children.filter(c => c.type === 'method_elem').map(c => (
      { start: c.start, end: c.end, name: this.ident(fieldOf(c, 'name') ?? empty(c)), type: this.funcType(c) }));
    const embeds = raw.children.filter(c => c.type === 'type_elem').map(c => this.expr(c));
    return { kind: 'interface', start: raw.start, end: raw.end, methods, embeds };
  }

  private call(raw: Raw): ast.Expr {
    const args = fieldOf(raw, 'arguments');
    const typeArgs = fieldOf(raw, 'type_arguments');
    const fun = this.optional(fieldOf(raw, 'function'), raw);
    const instantiated: ast.Expr = typeArgs
      ? { kind: 'index', start: fun.start, end: typeArgs.end, x: fun, indices: typeArgs.children.map(c => this.expr(c)) }
      : fun;
    const list = args?.children ?? [];
    return {
      kind: 'call', start: raw.start, end: raw.end, fun: instantiated,
      args: list.filter(c => c.type !== '...').map(c => this.expr(c.type === 'variadic_argument' ? c.children[0] ?? c : c)),
      spread: list.some(c => c.type === '...' || c.type === 'variadic_argument'),
    };
  }

  private elements(body: Raw | undefined): ast.Element[] {
    return (body?.children ?? []).filter(c => c.type === 'literal_element' || c.type === 'keyed_element').map(raw => {
      if (raw.type === 'literal_element') return { start: raw.start, end: raw.end, key: undefined, value: this.optional(raw.children[0], raw) };
      const [key, value] = raw.children;
      return { start: raw.start, end: raw.end, key: this.optional(key, raw), value: this.optional(value, raw) };
    });
  }

  private literal(raw: Raw, token: ast.Literal['token']): ast.Literal {
    return { kind: 'literal', start: raw.start, end: raw.end, token, text: cutLoose(this.text.slice(raw.start, raw.end)) };
  }

  private textOf(raw: Raw | undefined): string {
    return raw ? nameOf(this.text.slice(raw.start, raw.end)) : '';
  }
}

function fieldOf(raw: Raw, name: string): Raw | undefined {
  return raw.children.find(child => child.field === name);
}

/** The top level, ERROR nodes opened. */
function flatten(root: Raw): Raw[] {
  return root.children.flatMap(child => (child.type === 'ERROR' ? flatten(child) : [child]));
}

function specsOf(raw: Raw, type: string): Raw[] {
  return raw.children.flatMap(c => (c.type === type ? [c] : c.type === `${type}_list` ? specsOf(c, type) : []));
}

function isName(raw: Raw): boolean {
  return raw.type.endsWith('identifier');
}

function isClause(raw: Raw): boolean {
  return raw.type.endsWith('_case');
}

function isExpression(raw: Raw): boolean {
  return raw.type.endsWith('_expression') || raw.type.endsWith('_literal') || isName(raw) || /^(nil|true|false|iota|new|make)$/.test(raw.type);
}

function empty(raw: Raw): Raw {
  return { type: 'empty', field: '', start: raw.end, end: raw.end, children: NO_CHILDREN };
}
