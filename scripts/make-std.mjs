// Writes the declarations of the Go standard library that a client can see, one file a package, into std/.
//
//   npm run compile && node scripts/make-std.mjs "$(go env GOROOT)/src"
//
// What comes out is Go without bodies: exported functions, types, variables and constants, exported fields and
// embedded ones, and the unexported types that these mention (net.TCPConn embeds one whose methods matter).
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classify, matches } from '../dist/src/source/constraints.js';
import { initParser } from '../dist/src/syntax/parse.js';
import { outlineOf } from '../dist/src/syntax/outline.js';
import { receiverOf } from '../dist/src/program/package.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tree = process.argv[2];
if (!tree) throw new Error('usage: node scripts/make-std.mjs GOROOT/src');
const version = readFileSync(join(tree, '..', 'VERSION'), 'utf8').split('\n')[0];
const tags = new Set(['linux', 'amd64']);
const isExported = name => /^\p{Lu}/u.test(name);

await initParser(join(root, 'wasm', 'tree-sitter-go.wasm'));
rmSync(join(root, 'std'), { recursive: true, force: true });
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
  const outlines = files.map(f => outlineOf(f.source)).filter(o => o.packageName !== 'main');
  if (!outlines.length) return '';
  const declared = outlines.flatMap(outline => outline.decls.flatMap(decl => piecesOf(decl, outline)));
  const kept = closure(declared);
  const body = kept.map(p => p.text).join('\n');
  const imports = new Map(outlines.flatMap(o => o.imports.map(spec => [`${spec.name ?? ''} ${spec.path}`, spec])));
  const used = [...imports.values()].filter(spec => spec.name !== '_' && new RegExp(`\\b${spec.name ?? spec.path.split('/').filter(e => !/^v\d+$/.test(e)).at(-1)}\\.`).test(body)
    && !/^(internal|vendor)\/|\/internal\//.test(spec.path));
  const lines = used.map(spec => `import ${spec.name ? `${spec.name} ` : ''}"${spec.path}"`).sort();
  return [`package ${outlines[0].packageName}`, ...lines, body, ''].join('\n');
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

function piecesOf(decl, { source }) {
  const textOf = node => source.text.slice(node.start, node.end).replace(/\/\*[\s\S]*?\*\//g, '').replace(/[ \t]*\/\/.*$/gm, '').replace(/\n\s*\n+/g, '\n');
  if (decl.kind === 'func') {
    const end = decl.bodySpan ? decl.bodySpan.start : decl.end;
    const name = decl.name.name;
    return [{ kind: 'func', name, exported: isExported(name), receiver: decl.receiver && receiverOf(decl)?.type, text: textOf({ start: decl.start, end }).trim() }];
  }
  if (decl.kind === 'type') {
    return decl.specs.map(spec => ({ kind: 'type', name: spec.name.name, exported: isExported(spec.name.name), text: `type ${typeText(spec, textOf, source)}` }));
  }
  if (decl.kind === 'var') return decl.specs.flatMap(spec => spec.names.map((name, i) => valuePiece(spec, name.name, i, textOf)).filter(Boolean));
  if (decl.kind === 'const') return constPieces(decl, textOf);
  return [];
}

function typeText(spec, textOf, source) {
  if (spec.type.kind !== 'struct') return textOf(spec);
  const head = source.text.slice(spec.start, spec.type.start);
  const fields = spec.type.fields.flatMap(field => {
    const names = field.names.map(n => n.name).filter(isExported);
    if (!field.names.length) return [`\t${textOf(field.type)}`];
    return names.length ? [`\t${names.join(', ')} ${textOf(field.type)}`] : [];
  });
  return `${head}struct {\n${fields.join('\n')}${fields.length ? '\n' : ''}}`;
}

function valuePiece(spec, name, i, textOf) {
  if (!isExported(name)) return undefined;
  const value = spec.values[i] && textOf(spec.values[i]);
  const type = spec.type && textOf(spec.type);
  if (!type && (!value || value.length > 120 || value.includes('\n'))) return undefined;
  return { kind: 'var', name, exported: true, text: type ? `var ${name} ${type}` : `var ${name} = ${value}` };
}

/** Constants count by their types only; in a group the type carries over to the lines that repeat it. */
function constPieces(decl, textOf) {
  let type;
  return decl.specs.flatMap(spec => {
    if (spec.type || spec.values.length) type = spec.type ? textOf(spec.type) : undefined;
    return spec.names.filter(n => isExported(n.name) && type).map(n => ({ kind: 'const', name: n.name, exported: true, text: `const ${n.name} ${type} = 0` }));
  });
}
