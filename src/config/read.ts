/** The configuration file: its keys and what they mean. `schema.json` says the same to editors. */
import { type Declared, type DeclaredResource, fullNames, type GoName, goNameOf, type Release, resourceOf } from '../contracts/declared.ts';
import { byteColumn, positionAt, type Source } from '../source/text.ts';
import { unknownRule } from './closest.ts';
import { type Config, CONFIDENCES, FAIL_ON } from './config.ts';
import { type Fields, fieldsOf, flag, index, listOf, oneOf, oneOrMore, parsed, type Reader, text } from './fields.ts';
import { type Mistake, type Node, parseTree } from './tree.ts';

const KEYS = ['$schema', 'resources', 'handovers', 'no-return', 'enable', 'disable', 'min-confidence', 'fail-on', 'exclude', 'tests'];
const RESOURCE_KEYS = ['acquire', 'release', 'unless-error', 'result', 'noun'];

/** What is wrong with a file, at a one-based line and column (in bytes, as everywhere). */
export interface PlacedMistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What a configuration file says, or everything that is wrong with it; `rules` are the ids that exist. */
export function readConfig(file: Source, rules: readonly string[]): Config | readonly PlacedMistake[] {
  const source = { ...file, text: file.text.replace(/^\uFEFF/, '') };
  const mistakes: Mistake[] = [];
  const root = parseTree(source.text, mistakes);
  const config = configOf(root ?? { kind: 'map', entries: [], at: 0 }, source, rules, mistakes);
  if (config && mistakes.length === 0) return config;
  return mistakes.sort((a, b) => a.at - b.at)
    .map(({ at, message }) => ({ line: positionAt(source, at).line, column: byteColumn(source, at), message }));
}

function configOf(root: Node, source: Source, rules: readonly string[], mistakes: Mistake[]): Config | undefined {
  const fields = fieldsOf(root, KEYS, mistakes);
  if (!fields) return undefined;
  const rule = parsed(id => (rules.includes(id) ? { value: id } : { wrong: unknownRule(id, rules) }));
  fields.read('$schema', text);
  return {
    declared: declaredBy(fields, source, mistakes),
    enable: fields.read('enable', listOf(rule)),
    disable: fields.read('disable', listOf(rule)),
    minConfidence: fields.read('min-confidence', oneOf(CONFIDENCES)),
    failOn: fields.read('fail-on', oneOf(FAIL_ON)),
    exclude: fields.read('exclude', listOf(glob)) ?? [],
    tests: fields.read('tests', flag),
  };
}

function declaredBy(fields: Fields, source: Source, mistakes: Mistake[]): Declared {
  const resources = fields.read('resources', listOf(resource)) ?? [];
  const handovers = fields.read('handovers', listOf(goName)) ?? [];
  const noReturn = fields.read('no-return', listOf(goName)) ?? [];
  reportRepeats(resources, mistakes);
  return {
    resources: resources.map(resourceOf), handovers: new Set(handovers.flatMap(fullNames)), noReturn: new Set(noReturn.flatMap(fullNames)),
    names: [...resources.flatMap(namesIn), ...handovers, ...noReturn].map(name => ({ name, file: source.path, line: positionAt(source, name.at).line })),
  };
}

interface PlacedName extends GoName {
  readonly at: number;
}

const goName: Reader<PlacedName> = (node, mistakes) => {
  const name = plainName(node, mistakes);
  return name && { ...name, at: node.at };
};

const plainName: Reader<GoName> = parsed(name => {
  const value = goNameOf(name);
  return value ? { value } : { wrong: `${JSON.stringify(name)} is no full name of a function; write it like example.com/pool.New or example.com/pool.(*Pool).Get` };
});

const release: Reader<Release> = parsed<Release>(name => {
  if (name === 'call') return { value: { kind: 'call' } };
  if (/^[\p{L}_][\p{L}\p{Nd}_]*$/u.test(name)) return { value: { kind: 'beside', name } };
  const value = goNameOf(name);
  return value ? { value: { kind: 'function', name: value } }
    : { wrong: `${JSON.stringify(name)} is no release; write a method such as Close or Put, a full name such as example.com/pool.Free, or call for a function value` };
});

/** As picomatch reads it; with a `!` in front it would take everything else. */
const glob: Reader<string> = parsed(value => (value.startsWith('!') ? { wrong: 'a glob cannot be turned round with !; list what is to be excluded' } : { value }));

interface Placed extends DeclaredResource {
  readonly at: number;
}

const resource: Reader<Placed> = (node, mistakes) => {
  const fields = fieldsOf(node, RESOURCE_KEYS, mistakes);
  const acquire = fields?.require('acquire', goName);
  const releases = fields?.require('release', oneOrMore(release));
  const rest = { unlessError: fields?.read('unless-error', flag) ?? true, result: fields?.read('result', index) ?? 0, noun: fields?.read('noun', text) ?? 'resource' };
  if (releases && releases.length > 1 && releases.some(({ kind }) => kind === 'call')) {
    mistakes.push({ at: node.at, message: 'call stands alone: a function value has no methods' });
  }
  return acquire && releases && { acquire, releases, ...rest, at: node.at };
};

function reportRepeats(declared: readonly Placed[], mistakes: Mistake[]): void {
  const seen = new Set<string>();
  for (const { acquire, at } of declared) {
    const key = fullNames(acquire).join();
    if (seen.has(key)) mistakes.push({ at, message: `${acquire.name} is declared twice; name all its releases in one place, as a list` });
    seen.add(key);
  }
}

function namesIn({ acquire, releases, at }: Placed): PlacedName[] {
  return [{ ...acquire, at }, ...releases.flatMap(release => (release.kind === 'function' ? [{ ...release.name, at }] : []))];
}
