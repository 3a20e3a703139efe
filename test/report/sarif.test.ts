import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Log } from 'sarif';
import { expect, test } from 'vitest';
import { rules } from '../../rules/index.ts';
import { packageRoot } from '../../src/assets.ts';
import { lint } from '../../src/lint.ts';
import { toSarif } from '../../src/report/sarif.ts';

const schema: object = JSON.parse(readFileSync(join(packageRoot, 'node_modules/@microsoft/sarif-multitool-ts/assets/sarif-2.1.0.schema.json'), 'utf8'));

async function sarifOf(files: Readonly<Record<string, string>>): Promise<string> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sarif-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const { diagnostics, problems } = await lint({ cwd: root, patterns: ['./...'], rules, tests: true, generated: false, tags: new Set() });
  const docs = rules.map(({ id, summary, severity }) => ({ id, summary, severity, help: `# ${id}\n\nWhat it\nmeans.\n` }));
  return toSarif({ diagnostics, problems, rules: docs, root, cwd: root, version: '1.2.3' });
}

const leaky = 'package a\n\nimport "net/http"\n\nfunc f(ok bool) error {\n\tresp, err := http.Get("x")\n\tif err != nil {\n\t\treturn err\n\t}\n'
  + '\tif ok {\n\t\treturn nil\n\t}\n\treturn resp.Body.Close()\n}\n';
const files = { 'go.mod': 'module a\n\ngo 1.22\n', 'sp ace/a.go': leaky, 'bad.go': 'package b\u0000' };

test('valid by the schema, with a path relative to the root, fingerprints, a flow and a notification', async () => {
  const text = await sarifOf(files);
  const validator = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(validator);
  const log: Log = JSON.parse(text);
  expect(validator.validate(schema, log), JSON.stringify(validator.errors)).toBe(true);
  const [run] = log.runs;
  const [result] = run?.results ?? [];
  expect(result?.ruleId).toBe('unclosed-body');
  const place = result?.locations?.[0]?.physicalLocation;
  expect(place?.artifactLocation).toEqual({ uri: 'sp%20ace/a.go', uriBaseId: '%SRCROOT%' });
  expect(place?.region).toEqual({ startLine: 6, startColumn: 15, endLine: 6, endColumn: 23 });
  expect(result?.partialFingerprints?.['primaryLocationLineHash']).toMatch(/^[0-9a-f]+:1$/);
  expect(result?.codeFlows?.[0]?.threadFlows[0]?.locations.length).toBeGreaterThan(1);
  for (const related of result?.relatedLocations ?? []) expect(result?.message.text).toContain(`](${related.id})`);
  expect(run?.invocations?.[0]?.executionSuccessful).toBe(true);
  expect(run?.invocations?.[0]?.toolExecutionNotifications?.map(n => n.descriptor?.id)).toEqual(['binary-file']);
});

test('fixes are complete edits, valid by the schema', async () => {
  const fixable = leaky.replace('\tif ok {\n\t\treturn nil\n\t}\n\treturn resp.Body.Close()', '\tprintln(resp.Status)\n\treturn nil');
  const text = await sarifOf({ 'go.mod': 'module a\n\ngo 1.22\n', 'a.go': fixable });
  const validator = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(validator);
  const log: Log = JSON.parse(text);
  expect(validator.validate(schema, log), JSON.stringify(validator.errors)).toBe(true);
  expect(log.runs[0]?.results?.[0]?.fixes).toEqual([{
    description: { text: 'Defer resp.Body.Close().' },
    artifactChanges: [{
      artifactLocation: { uri: 'a.go', uriBaseId: '%SRCROOT%' },
      replacements: [{ deletedRegion: { startLine: 9, startColumn: 3, endLine: 9, endColumn: 3 }, insertedContent: { text: '\n\tdefer resp.Body.Close()' } }],
    }],
  }]);
});

test('two runs write the same bytes', async () => {
  expect(await sarifOf(files)).toBe(await sarifOf(files));
});

test('rule descriptors are complete for GitHub', async () => {
  const log: Log = JSON.parse(await sarifOf({ 'go.mod': 'module a\n', 'a.go': 'package a\n' }));
  const driver = log.runs[0]?.tool.driver;
  expect(driver?.rules?.map(rule => rule.id)).toEqual(rules.map(rule => rule.id));
  for (const rule of driver?.rules ?? []) {
    expect(rule.name).not.toBe(rule.id);
    expect(rule.help?.text.length).toBeGreaterThan(0);
    expect(rule.help?.markdown).toContain('What it means.');
  }
  expect(log.runs[0]?.results).toEqual([]);
});
