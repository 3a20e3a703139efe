// Writes the declarations of the Go standard library that a client can see, one file a package, into std/.
//
//   npx tsc -p tsconfig.build.json && node scripts/make-std.mjs GOROOT/src GOROOT/api
//
// The folder of API lists, which stand in Go's repository and in its distributions, says which version each symbol came
// in. It may be of an older Go: what is in none of its lists is as new as the source. Nothing is said of Go 1.0.
//
// What comes out is Go without bodies: exported functions, types, variables and constants, exported fields and
// embedded ones, and the unexported types that these mention (net.TCPConn embeds one whose methods matter).
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classify, matches } from '../build/src/source/constraints.js';
import { typeOfEntity } from '../build/src/program/infer.js';
import { Program } from '../build/src/program/program.js';
import { typeName } from '../build/src/program/types.js';
import { Modules } from '../build/src/source/modules.js';
import { readConsts, readFunc, readTypeSpec, readVarSpec } from '../build/src/syntax/declarations.js';
import { scanFile } from '../build/src/syntax/scan.js';
import { loadGrammar } from '../build/src/syntax/tolerant/parse.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [tree, lists] = process.argv.slice(2);
if (!tree || !lists) throw new Error('usage: node scripts/make-std.mjs GOROOT/src GOROOT/api');
const version = readFileSync(join(tree, '..', 'VERSION'), 'utf8').split('\n')[0];
const newest = /^go1\.\d+/.exec(version)[0];
const versions = readVersions(lists);
const tags = new Set(['linux', 'amd64', 'cgo', ...experiments(tree)]);
const isExported = name => /^\p{Lu}/u.test(name);

await loadGrammar();
const modules = new Modules(problem => console.error(problem));
const program = new Program({ modules, std: join(root, 'std'), report: problem => console.error(problem) });
// What stands below domain names is written by hand.
for (const name of readdirSync(join(root, 'std'))) if (!['golang.org', 'github.com'].includes(name)) rmSync(join(root, 'std', name), { recursive: true, force: true });
let total = 0;
for (const dir of packageDirs(tree)) {
  const path = relative(tree, dir).split('\\').join('/');
  const text = packageText(dir);
  if (!text) continue;
  const file = join(root, 'std', `${path}.txt`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `// Made by scripts/make-std.mjs from ${version}; declarations of the Go standard library, BSD licence.\n${text}`);
  total += text.length;
}
console.log(`${Math.round(total / 1024)} KB`);

function packageDirs(dir) {
  const inner = readdirSync(dir, { withFileTypes: true })
    .filter(e => e.isDirectory() && !/^([._].*|testdata|vendor|internal|cmd|builtin)$/.test(e.name))
    .flatMap(e => packageDirs(join(dir, e.name)));
  return dir === tree ? inner : [dir, ...inner];
}

function packageText(dir) {
  const files = readdirSync(dir).filter(name => name.endsWith('.go') && !name.endsWith('_test.go')).map(name => {
    const path = join(dir, name);
    const source = { path, text: readFileSync(path, 'utf8') };
    return { source, kind: classify(path, source.text) };
  }).filter(f => !f.kind.ignored && matches(f.kind.constraint, tags));
  const scans = files.map(f => ({ source: f.source, ...scanFile(f.source.text) })).filter(scan => scan.packageName !== 'main');
  if (!scans.length) return '';
  const path = relative(tree, dir).split('\\').join('/');
  const [pkg] = program.packagesIn(dir, path, modules.moduleOf(dir), files.map(f => f.source.path));
  const declared = scans.flatMap(scan => scan.pieces.flatMap(piece => declarationsOf(piece, scan.source, path, pkg)));
  const kept = closure(declared);
  const body = kept.map(p => p.text).join('\n');
  const imports = new Map(scans.flatMap(scan => scan.imports.map(spec => [`${spec.name ?? ''} ${spec.path}`, spec])));
  const used = [...imports.values()].filter(spec => spec.name !== '_' && new RegExp(`\\b${spec.name ?? spec.path.split('/').filter(e => !/^v\d+$/.test(e)).at(-1)}\\.`).test(body)
    && !/^(internal|vendor)\/|\/internal\//.test(spec.path));
  const lines = used.map(spec => `import ${spec.name ? `${spec.name} ` : ''}"${spec.path}"`).sort();
  return [`package ${scans[0].packageName}`, ...lines, body, ''].join('\n');
}

/** `net/http Client.Do` → `go1.1`, from lines like `pkg net/http, method (*Client) Do(*Request) (*Response, error)`. */
function readVersions(folder) {
  const found = new Map();
  const add = (symbol, at) => found.has(symbol) || found.set(symbol, at);
  const byAge = readdirSync(folder).map(name => /^(go1(?:\.(\d+))?)\.txt$/.exec(name)).filter(Boolean).sort((x, y) => Number(x[2] ?? 0) - Number(y[2] ?? 0));
  for (const [name, at] of byAge) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const [, pkg, kind, rest] = /^pkg (\S+)(?: \(linux-amd64[^)]*\))?, (func|var|const|type|method) (.*)$/.exec(line) ?? [];
      if (!pkg) continue;
      const member = kind === 'method' ? /^\(\*?(\w+)[^)]*\) (\w+)/.exec(rest) : kind === 'type' ? /^(\w+)(?:\[[^\]]*\])? (?:struct|interface), (\w+)/.exec(rest) : undefined;
      if (member) add(`${pkg} ${member[1]}.${member[2]}`, at);
      // `type T interface { A, B }` lists the methods it came with.
      for (const method of /^\w+ interface \{ (.*) \}$/.exec(kind === 'type' ? rest : '')?.[1].split(', ') ?? []) add(`${pkg} ${/^\w+/.exec(rest)[0]}.${method}`, at);
      if (kind !== 'method') add(`${pkg} ${/^\w+/.exec(rest)[0]}`, at);
    }
  }
  return found;
}

/** The experiments that are switched on in every build: `JSONv2: true` → `goexperiment.jsonv2`. */
function experiments(src) {
  const text = readFileSync(join(src, 'internal', 'buildcfg', 'exp.go'), 'utf8');
  const baseline = /baseline := goexperiment\.Flags\{([^}]*)\}/.exec(text)[1];
  return [...baseline.matchAll(/(\w+):\s*(?:true|\w+Supported)/g)].map(match => `goexperiment.${match[1].toLowerCase()}`);
}

/** A comment with the version a symbol came in, and what separates it from the code. */
function since(path, symbol) {
  if (!isExported(symbol)) return '';
  const at = versions.get(`${path} ${symbol}`) ?? newest;
  return at === 'go1' ? '' : ` // ${at}`;
}

/** Exported pieces, and in turn those whose names they mention. */
function closure(pieces) {
  const kept = new Set(pieces.filter(p => p.exported && !p.receiver));
  for (let size = -1; size !== kept.size;) {
    size = kept.size;
    const words = new Set([...kept].flatMap(p => p.text.match(/\b[\p{L}_]\w*/gu) ?? []));
    for (const piece of pieces) {
      if (piece.kind === 'type' && words.has(piece.name)) kept.add(piece);
      if (piece.receiver && piece.exported && [...kept].some(p => p.kind === 'type' && p.name === piece.receiver)) kept.add(piece);
    }
  }
  return pieces.filter(p => kept.has(p));
}

function declarationsOf(piece, source, path, pkg) {
  const textOf = node => source.text.slice(node.start, node.end).replace(/\/\*[\s\S]*?\*\//g, '').replace(/[ \t]*\/\/.*$/gm, '').replace(/\n\s*\n+/g, '\n');
  const [name] = piece.names;
  if (piece.keyword === 'func') {
    const receiver = piece.receiver?.type;
    const text = textOf({ start: piece.start, end: piece.signature.end }).trim().replace(/,?\s*\n\s*/g, m => (m.startsWith(',') ? ', ' : '')).replace(/, \)/g, ')');
    return [{ kind: 'func', name, exported: isExported(name), receiver, text: text + since(path, receiver ? `${receiver}.${name}` : name) }];
  }
  if (piece.keyword === 'type') {
    const spec = readTypeSpec(source, piece).found;
    return spec ? [{ kind: 'type', name, exported: isExported(name), text: `type ${typeText(spec, textOf, source, path)}` }] : [];
  }
  if (piece.keyword === 'var') {
    const spec = readVarSpec(source, piece).found;
    return spec ? spec.names.flatMap((ident, i) => valuePiece(spec, ident.name, i, textOf, path, pkg) ?? []) : [];
  }
  return constants(readConsts(source, piece).found?.specs ?? [], textOf, path);
}

function typeText(spec, textOf, source, path) {
  const name = spec.name.name;
  const { type } = spec;
  if (type.kind === 'interface') {
    const head = source.text.slice(spec.start, type.start);
    const lines = [...type.methods.map(m => `\t${textOf(m)}${since(path, `${name}.${m.name.name}`)}`), ...type.embeds.map(e => `\t${textOf(e)}`)];
    return `${head}interface {${since(path, name)}\n${lines.join('\n')}${lines.length ? '\n' : ''}}`;
  }
  if (type.kind !== 'struct') return textOf(spec) + since(path, name);
  const head = source.text.slice(spec.start, type.start);
  const fields = type.fields.flatMap(field => {
    if (!field.names.length) return [`\t${textOf(field.type)}`];
    return field.names.map(n => n.name).filter(isExported).map(n => `\t${n} ${textOf(field.type)}${since(path, `${name}.${n}`)}`);
  });
  return `${head}struct {${since(path, name)}\n${fields.join('\n')}${fields.length ? '\n' : ''}}`;
}

function valuePiece(spec, name, i, textOf, path, pkg) {
  if (!isExported(name)) return undefined;
  const value = spec.values[i] && textOf(spec.values[i]);
  const type = spec.type ? textOf(spec.type) : inferredType(name, path, pkg);
  if (!type && (!value || value.length > 120 || value.includes('\n'))) return undefined;
  return { kind: 'var', name, exported: true, text: (type ? `var ${name} ${type}` : `var ${name} = ${value}`) + since(path, name) };
}

/** The type of `var ErrClosed = errClosed()`, as the tool itself infers it; undefined where it is no plain name. */
function inferredType(name, path, pkg) {
  const entity = pkg.lookup(name);
  const type = entity && typeName(typeOfEntity(entity, { program, file: entity.file }));
  const [, stars, owner, base] = /^(\**)(?:([\w/]+)\.)?(\w+)$/.exec(type ?? '') ?? [];
  if (!base || base === 'unknown') return undefined;
  return `${stars}${owner && owner !== path ? `${owner.split('/').at(-1)}.` : ''}${base}`;
}

/**
 * Constants count by their types only: a constant of a type, or an untyped one of a kind that its literal shows. `known`
 * holds the right sides of those before it, for `Minute = 60 * Second`.
 */
function constants(specs, textOf, path) {
  const known = new Map();
  return specs.flatMap(spec => spec.names.flatMap((ident, i) => {
    const text = spec.type ? `${textOf(spec.type)} = 0` : rightSide(spec.values[i], known);
    if (text) known.set(ident.name, text);
    if (!isExported(ident.name) || !text) return [];
    return [{ kind: 'const', name: ident.name, exported: true, text: `const ${ident.name} ${text}${since(path, ident.name)}` }];
  }));
}

/** `Duration = 0` for a typed value, `= 0` for an untyped one; undefined where it cannot be told. */
function rightSide(value, known) {
  if (value?.kind === 'literal') return { int: '= 0', float: '= 0.0', string: '= ""', rune: "= '0'", imaginary: '= 0i' }[value.token];
  if (value?.kind === 'ident') return value.name === 'iota' ? '= 0' : known.get(value.name);
  if (value?.kind === 'paren' || value?.kind === 'unary') return rightSide(value.x, known);
  if (value?.kind !== 'binary') return undefined;
  const [x, y] = [rightSide(value.x, known), rightSide(value.y, known)];
  if (!x || !y || value.op === '<<' || value.op === '>>') return x;
  return x.startsWith('=') ? y : x;
}
