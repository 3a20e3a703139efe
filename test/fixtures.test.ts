/** Each module below fixtures/ whose name begins with a rule's id is linted with that rule and held against its comments. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';
import { rules } from '../rules/index.ts';
import type { Declared } from '../src/contracts/declared.ts';
import { lint } from '../src/lint.ts';
import { declaredIn } from './declared.ts';
import type { Rule } from '../src/rule.ts';
import { positionAt } from '../src/source/text.ts';
import { disagreements, type Found, readWants } from './want.ts';

const root = realpathSync(join(import.meta.dirname, '..', 'fixtures'));

/** The rule whose id is the folder's name, or the longest one that it goes on from: `lost-cancel-modern`. */
function ruleOf(folder: string): Rule | undefined {
  return rules.filter(({ id }) => folder === id || folder.startsWith(`${id}-`)).sort((a, b) => b.id.length - a.id.length)[0];
}

function goFilesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.go')).map(path => join(folder, path)).sort();
}

function declaredAt(folder: string): Declared | undefined {
  const path = join(folder, '.go-leak-lint.yml');
  return existsSync(path) ? declaredIn(readFileSync(path, 'utf8')) : undefined;
}

/** What the default output shows, by path. */
async function findingsIn(folder: string, rule: Rule): Promise<Map<string, Found[]>> {
  const { diagnostics, problems } = await lint({ cwd: folder, patterns: ['./...'], rules: [rule], tests: true, generated: false, tags: new Set(), declared: declaredAt(folder) });
  expect(problems.filter(({ level }) => level !== 'note')).toEqual([]);
  const shown = diagnostics.filter(({ confidence }) => confidence !== 'low');
  const byPath = new Map<string, Found[]>();
  for (const { at, message } of shown) {
    const { path } = at.source;
    byPath.set(path, [...byPath.get(path) ?? [], { line: positionAt(at.source, at.start).line, message }]);
  }
  return byPath;
}

for (const name of readdirSync(root).sort()) {
  const folder = join(root, name);
  const rule = ruleOf(name);
  if (!rule || !existsSync(join(folder, 'go.mod'))) continue;
  test(name, async () => {
    const findings = await findingsIn(folder, rule);
    const files = new Set([...goFilesIn(folder), ...findings.keys()]);
    const complaints = [...files].flatMap(path => {
      const where = relative(folder, path).split(sep).join('/');
      return disagreements(readWants(readFileSync(path, 'utf8')), findings.get(path) ?? []).map(text => `${where}:${text}`);
    });
    expect(complaints, complaints.join('\n')).toEqual([]);
  });
}

test('every rule has a fixture that expects something of it', () => {
  const tested = new Set(readdirSync(root).filter(name => hasWant(join(root, name))).map(name => ruleOf(name)?.id));
  expect(rules.map(({ id }) => id).filter(id => !tested.has(id))).toEqual([]);
});

function hasWant(folder: string): boolean {
  return existsSync(join(folder, 'go.mod')) && goFilesIn(folder).some(path => readWants(readFileSync(path, 'utf8')).some(({ kind }) => kind === 'want'));
}
