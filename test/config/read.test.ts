/** What a configuration says, and what is wrong with it, by the tool and by the schema that editors use. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { rules } from '../../rules/index.ts';
import { packageRoot } from '../../src/assets.ts';
import { readConfig } from '../../src/config/read.ts';
import { goNameOf } from '../../src/contracts/declared.ts';

const schema: unknown = JSON.parse(readFileSync(join(packageRoot, 'schema.json'), 'utf8'));
const ids = rules.map(({ id }) => id);
const isAllowed = compile(schema);

function compile(value: unknown): (data: unknown) => boolean {
  if (typeof value !== 'object' || value === null) throw new Error('the schema is no object');
  return new Ajv({ allErrors: true, strict: false }).compile(value);
}

function mistakesIn(text: string): string[] {
  const read = readConfig({ path: 'x', text }, ids);
  return 'declared' in read ? [] : read.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

const allOfIt = `# yaml-language-server: $schema=https://unpkg.com/go-leak-lint/schema.json
$schema: https://unpkg.com/go-leak-lint/schema.json
resources:
  - acquire: example.com/pool.(*Pool).Get
    release: Put
    unless-error: true
    result: 0
    noun: connection
  - { acquire: (*example.com/pool.Pool).Take, release: [Close, example.com/pool.Free] }
handovers: [example.com/queue.(*Queue).Push]
no-return: [example.com/log.Die]
enable: [unclosed-resource, unclosed-body]
disable:
  - unclosed-body
min-confidence: low
fail-on: never
exclude: ["*.pb.go", third_party/**]
tests: false
`;

test('everything that may stand there', () => {
  expect(readConfig({ path: 'x', text: allOfIt }, ids)).toEqual({
    declared: {
      resources: [expect.objectContaining({ noun: 'connection', releases: ['Put'], released: 'released with Put' }),
        expect.objectContaining({ noun: 'resource', releases: ['Close'], released: 'closed' })],
      handovers: new Set(['(*example.com/queue.Queue).Push', '(example.com/queue.Queue).Push']), noReturn: new Set(['example.com/log.Die']),
      names: [4, 9, 9, 10, 11].map(line => expect.objectContaining({ file: 'x', line })),
    },
    enable: ['unclosed-resource', 'unclosed-body'], disable: ['unclosed-body'], minConfidence: 'low', failOn: 'never',
    exclude: ['*.pb.go', 'third_party/**'], tests: false,
  });
  expect(isAllowed(parse(allOfIt))).toBe(true);
});

test.each([
  ['an empty file', ''], ['comments only', '# nothing\n'], ['a byte order mark', '\uFEFFtests: true\n'], ['CRLF', 'tests: true\r\nexclude: [a]\r\n'],
  ['JSON, with tabs', '{\n\t"tests": true,\n\t"exclude": ["a"]\n}\n'],
])('%s is fine', (_, text) => {
  expect(mistakesIn(text)).toEqual([]);
});

const bad: readonly (readonly [string, string])[] = [
  ['resorces: []', '1:1: unknown key resorces; did you mean resources?'],
  ['tests: true\nminConfidence: low', '2:1: unknown key minConfidence; did you mean min-confidence?'],
  ['\uFEFFtest: true', '1:1: unknown key test; did you mean tests?'],
  ['resources:\n  - aquire: a.B\n    release: Put', '2:5: unknown key aquire; did you mean acquire?'],
  ['resources:\n  - acquire: a.B', '2:5: the key release is missing here'],
  ['resources:\n  - acquire: Get\n    release: Put', '2:14: "Get" is no full name of a function; write it like example.com/pool.New or example.com/pool.(*Pool).Get'],
  ['resources:\n  - acquire: a.B\n    release: put it', '3:14: "put it" is no release; write a method such as Close or Put, a full name such as example.com/pool.Free, or call for a function value'],
  ['resources:\n  - acquire: a.B\n    release: []', '3:14: at least one expected, not a list'],
  ['resources:\n  - {acquire: a.B, release: Put, result: -1}', '2:42: a number: 0, 1, 2, … expected, not -1'],
  ['resources:\n  - {acquire: a.B, release: Put, result: 1.5}', '2:42: a number: 0, 1, 2, … expected, not 1.5'],
  ['resources:\n  - {acquire: a.B, release: Put, unless-error: "yes"}', '2:48: true or false expected, not the text "yes"'],
  ['resources:\n  - {acquire: a.B, release: Put, noun: 3}', '2:40: a text expected, not 3'],
  ['resources: {acquire: a.B}', '1:12: a list expected, not a map'],
  ['resources: [a.B]', '1:13: a map with the keys acquire, release, unless-error, result, noun expected, not the text "a.B"'],
  ['handovers: a.B', '1:12: a list expected, not the text "a.B"'],
  ['no-return: [Die, 3]', '1:13: "Die" is no full name of a function; write it like example.com/pool.New or example.com/pool.(*Pool).Get|1:18: a text expected, not 3'],
  ['enable: [unclosed-bdy]', '1:10: there is no rule unclosed-bdy; did you mean unclosed-body? (--list-rules shows all)'],
  ['disable: [nonsense]', '1:11: there is no rule nonsense (--list-rules shows all)'],
  ['fail-on: warn', '1:10: one of error, warning, note, never expected, not the text "warn"'],
  ['min-confidence: hihg', '1:17: one of high, medium, low expected, not the text "hihg"; did you mean high?'],
  ['exclude: ["!a"]', '1:11: a glob cannot be turned round with !; list what is to be excluded'],
  ['exclude:', '1:9: a list expected, not nothing'],
  ['tests: no', '1:8: true or false expected, not the text "no"'],
  ['[tests]', '1:1: a map with the keys resources, handovers, no-return, enable, disable, min-confidence, fail-on, exclude, tests expected, not a list'],
];

test.each(bad)('%j', (text, mistakes) => {
  expect(mistakesIn(text).join('|')).toBe(mistakes);
  expect(isAllowed(parse(text.replace('\uFEFF', '')))).toBe(false);
});

test.each([
  ['resources:\n  - {acquire: a.B, release: Put}\n  - {acquire: a.B, release: Close}', '3:5: B is declared twice; name all its releases in one place, as a list'],
  ['resources:\n  - {acquire: a.B, release: [call, Put]}', '2:5: call stands alone: a function value has no methods'],
  ['exclude: [*.pb.go]', '1:11: YAML takes what begins with * for an alias, and there are none here; put it in quotes: "*.pb.go"'],
  ['tests: true\ntests: false', '2:1: map keys must be unique'],
  ['tests: true\n---\ntests: false', '2:1: a second document begins here; there must be one'],
  ['tests: [', '1:9: flow sequence in block collection must be sufficiently indented and end with a ]'],
  ['tests: !no true', '1:8: unresolved tag: !no|1:12: true or false expected, not the text "true"'],
])('%j, which the schema cannot know', (text, mistakes) => {
  expect(mistakesIn(text).join('|')).toBe(mistakes);
});

test('the schema knows every rule, every key and says how full names look', () => {
  expect(schema).toMatchObject({ definitions: { rule: { enum: [...ids].sort() } } });
  const names = ['a.B', 'example.com/pool.New', 'example.com/pool.(*Pool).Get', 'example.com/pool.(Pool).Get', '(*example.com/pool.Pool).Get',
    '(example.com/pool.Pool[K, V]).Get', 'example.com/pool.(*Pool[T]).Get', 'example.com/pool.Pool.Get', 'gopkg.in/yaml.v3.Unmarshal', 'github.com/nats-io/nats.go.(*Conn).Drain',
    'example.com/größe.Öffne'.replace('größe', 'a')];
  for (const name of names) expect([name, goNameOf(name) !== undefined, isAllowed({ handovers: [name] })]).toEqual([name, true, true]);
  for (const name of ['Get', '(*Pool).Get', 'a b.C', 'example.com/pool.', '.Get', 'pool.Get()']) {
    expect([name, goNameOf(name) !== undefined, isAllowed({ handovers: [name] })]).toEqual([name, false, false]);
  }
});

test('a dot in the last element of a path is no type', () => {
  expect(goNameOf('github.com/nats-io/nats.go.Connect')).toEqual({ path: 'github.com/nats-io/nats.go', type: undefined, name: 'Connect' });
  expect(goNameOf('gopkg.in/yaml.v3.Unmarshal')).toEqual({ path: 'gopkg.in/yaml.v3', type: undefined, name: 'Unmarshal' });
  expect(goNameOf('example.com/pool.Pool.Get')).toEqual({ path: 'example.com/pool', type: 'Pool', name: 'Get' });
  expect(goNameOf('(*example.com/pool.Pool[K, V]).Get')).toEqual({ path: 'example.com/pool', type: 'Pool', name: 'Get' });
});

test.each(['README.md', 'docs/configuration.md', 'rules/unclosed-resource.md'])('the example in %s', path => {
  const blocks = [...readFileSync(join(packageRoot, path), 'utf8').matchAll(/^```yaml\n([^]*?)^```$/gm)].map(match => match[1] ?? '').filter(text => text.includes('resources:'));
  expect(blocks).toHaveLength(1);
  for (const block of blocks) expect([mistakesIn(block), isAllowed(parse(block))]).toEqual([[], true]);
});
