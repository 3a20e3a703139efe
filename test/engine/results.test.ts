/** What threads and the cache must not change: the findings. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { rules } from '../../rules/index.ts';
import { packageRoot } from '../../src/assets.ts';
import { lint, type LintOptions } from '../../src/lint.ts';

const GET = 'package get\n\nimport "net/http"\n\nfunc Get(url string) (*http.Response, error) { return http.Get(url) }\n\nfunc Finish(r *http.Response) { r.Body.Close() }\n';
const USE = 'package use\n\nimport "m/get"\n\nfunc F() {\n\tr, err := get.Get("x")\n\tif err != nil {\n\t\treturn\n\t}\n\tget.Finish(r)\n}\n';
const OTHER = 'package other\n\nimport "net/http"\n\nfunc F() {\n\tr, err := http.Get("x")\n\t_, _ = r, err\n}\n';

function moduleWith(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'engine-')));
  for (const [name, text] of Object.entries({ 'go.mod': 'module m\n\ngo 1.25\n', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

async function findings(root: string, more: Partial<LintOptions> = {}): Promise<string[]> {
  const { diagnostics } = await lint({ cwd: root, patterns: ['./...'], rules, tests: true, generated: false, tags: new Set(), ...more });
  return diagnostics.map(d => `${d.at.source.path.slice(root.length + 1)} ${d.rule} ${d.at.start} ${JSON.stringify(d.trail?.map(step => [step.at.start, step.note]))}`);
}

const files = { 'get/get.go': GET, 'use/use.go': USE, 'other/other.go': OTHER };

test('a second thread changes nothing, nor does one that cannot start', async () => {
  const root = moduleWith(files);
  const alone = await findings(root);
  expect(alone).toHaveLength(1);
  for (const worker of ['dist/src/cli/worker.js', 'no/such.js']) {
    expect(await findings(root, { threads: { most: 2, worker: join(packageRoot, worker), bytesEach: 1 } })).toEqual(alone);
  }
});

const SPREAD = {
  'p/starts.go': 'package p\n\nfunc (s *S) Start() {\n\tgo s.run()\n\tgo helper(s)\n\tgo spin()\n}\n',
  'p/runs.go': 'package p\n\nfunc (s *S) run() {\n\tfor {\n\t\tselect {\n\t\tcase <-s.jobs:\n\t\t}\n\t}\n}\n\nfunc spin() {\n\tfor {\n\t}\n}\n',
  'p/type.go': 'package p\n\nimport "sync"\n\ntype S struct {\n\ta, b sync.Mutex\n\tjobs, answers chan int\n\tgroup sync.WaitGroup\n}\n\nfunc New() *S { return &S{jobs: make(chan int), answers: make(chan int)} }\n',
  'p/inner.go': 'package p\n\nfunc helper(s *S) { deeper(s) }\n\nfunc (s *S) Up() {\n\ts.a.Lock()\n\tdefer s.a.Unlock()\n\ts.b.Lock()\n\ts.b.Unlock()\n}\n',
  'p/deeper.go': 'package p\n\nfunc deeper(s *S) {\n\tfor {\n\t}\n}\n\nfunc (s *S) Down() {\n\ts.b.Lock()\n\tdefer s.b.Unlock()\n\ts.a.Lock()\n\ts.a.Unlock()\n}\n',
  'p/asks.go': 'package p\n\nfunc (s *S) Ask() int {\n\ts.group.Add(1)\n\tgo func() { s.answers <- 1 }()\n\treturn <-s.jobs\n}\n\nfunc (s *S) Wait() { s.group.Wait() }\n',
  'p/body.go': 'package p\n\nimport "m/get"\n\nfunc F() {\n\tr, _ := get.Get("x")\n\t_ = r\n}\n',
};

test('a file alone has the findings that it has among the others of its package', async () => {
  const root = moduleWith({ ...files, ...SPREAD });
  const whole = await findings(root, { patterns: ['./p'] });
  expect(new Set(whole.map(line => line.split(' ')[1])).size).toBeGreaterThan(4);
  for (const file of Object.keys(SPREAD)) {
    expect(await findings(root, { patterns: [file] }), file).toEqual(whole.filter(line => line.startsWith(`${file} `)));
  }
});

test('kept results are those of a run without them, and are made anew with what they depend on', async () => {
  const root = moduleWith(files);
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  const both = async (patterns = ['./...']) => [await findings(root, { cache, patterns }), await findings(root, { patterns })];
  const [first, without] = await both();
  expect(first).toEqual(without);
  expect((await both())[0]).toEqual(first);
  // The importer has not changed, but what it imports has.
  writeFileSync(join(root, 'get/get.go'), GET.replace('r.Body.Close()', '_ = r.Body'));
  const [changed, expected] = await both();
  expect(changed).toEqual(expected);
  expect(changed?.filter(line => line.startsWith('use/'))).toHaveLength(1);
  // Asked for alone, and as a file.
  for (const patterns of [['./use'], ['use/use.go']]) {
    const [some, same] = await both(patterns);
    expect(some).toEqual(same);
    expect(some).toHaveLength(1);
  }
  rmSync(join(root, 'use/use.go'));
  const [gone, rest] = await both();
  expect(gone).toEqual(rest);
});

test('a package whose tests import its importer: the importer is made anew when it changes', async () => {
  // `get` comes first, and its test leads back to `use`.
  const root = moduleWith({ ...files, 'get/get_test.go': 'package get_test\n\nimport "m/use"\n\nvar _ = use.F\n' });
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  expect(await findings(root, { cache })).toEqual(await findings(root));
  writeFileSync(join(root, 'get/get.go'), GET.replace('r.Body.Close()', '_ = r.Body'));
  const changed = await findings(root, { cache });
  expect(changed).toEqual(await findings(root));
  expect(changed.filter(line => line.startsWith('use/'))).toHaveLength(1);
});

test('a spoilt cache is no cache, and one that cannot be written is none either', async () => {
  const root = moduleWith(files);
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  const first = await findings(root, { cache });
  const [file = ''] = readdirSync(cache);
  const whole = readFileSync(join(cache, file), 'utf8');
  for (const spoilt of [whole.slice(0, whole.length / 2), '', '[]', 'null']) {
    writeFileSync(join(cache, file), spoilt);
    expect(await findings(root, { cache })).toEqual(first);
  }
  expect(await findings(root, { cache: join(root, 'go.mod', 'below') })).toEqual(first);
});

test('what is kept in the cache is used', async () => {
  const root = moduleWith(files);
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  await findings(root, { cache });
  const [file = ''] = readdirSync(cache);
  writeFileSync(join(cache, file), readFileSync(join(cache, file), 'utf8').replaceAll('is never closed', 'is kept'));
  const { diagnostics } = await lint({ cwd: root, patterns: ['./...'], rules, tests: true, generated: false, tags: new Set(), cache });
  expect(diagnostics.map(d => d.message)).toEqual([expect.stringContaining('is kept')]);
});

const KEEPING = GET.replace('r.Body.Close()', '_ = r.Body');

/** Runs twice with a change to `get.go` between, and tells whether the importer's result is still the kept one. */
async function isKeptAfter(change: (get: string) => string, more: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const before = { ...files, 'get/get.go': KEEPING, ...more };
  const get = before['get/get.go'];
  const root = moduleWith(before);
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  const messages = async () => (await lint({ cwd: root, patterns: ['./use'], rules, tests: true, generated: false, tags: new Set(), cache })).diagnostics.map(d => d.message);
  await messages();
  const [file = ''] = readdirSync(cache);
  writeFileSync(join(cache, file), readFileSync(join(cache, file), 'utf8').replaceAll('is never closed', 'is kept'));
  const changed = change(get);
  expect(changed).not.toBe(get);
  writeFileSync(join(root, 'get/get.go'), changed);
  const now = await messages();
  expect(now).toHaveLength(1);
  // Looking again comes to the same, so the next run does not look.
  expect(await messages()).toEqual(now);
  return now[0]?.includes('is kept') ?? false;
}

test('an importer depends on the functions of what it imports that its analysis has looked into, and on no others', async () => {
  expect(await isKeptAfter(get => `${get}\nfunc added() { started() }\n`)).toBe(true);
  expect(await isKeptAfter(get => get.replace('{ return http.Get', '{\n\treturn http.Get'))).toBe(false);
  expect(await isKeptAfter(get => get.replace('_ = r.Body', '_ = r.Status'))).toBe(false);
  expect(await isKeptAfter(get => `${get}\nfunc (t T) Added() error { return nil }\n\ntype T int\n`)).toBe(false);
  expect(await isKeptAfter(get => get.replace('func Finish(r *http.Response)', 'func Finish(r *http.Response, more ...string)'))).toBe(false);
});

test('an importer depends on the methods that it has asked for, those that were not there included, and on no others', async () => {
  const typed = { 'get/get.go': `${KEEPING}\ntype T struct{ n int }\n\nfunc (t *T) Known() int { return t.n }\n` };
  const use = { ...typed, 'use/use.go': USE.replace('get.Finish(r)', 'get.Finish(r)\n\tvar t get.T\n\tt.Known()\n\tt.Missing()') };
  expect(await isKeptAfter(get => `${get}\nfunc (t *T) Added() (*T, error) { return t, nil }\n`, use)).toBe(true);
  expect(await isKeptAfter(get => `${get}\nfunc (t *T) Missing() {}\n`, use)).toBe(false);
  expect(await isKeptAfter(get => get.replace('Known() int', 'Known() int64'), use)).toBe(false);
  expect(await isKeptAfter(get => get.replace('Known() int', 'Known() int64'), typed)).toBe(true);
  // It may have to be released now.
  expect(await isKeptAfter(get => `${get}\nfunc (t *T) Close() {}\n`, typed)).toBe(false);
  // A method of another type by a name that is called here.
  expect(await isKeptAfter(get => `${get}\ntype U int\n\nfunc (u U) Known() *http.Response { return nil }\n`, use)).toBe(false);
});

test('what several importers have learnt of one variable, each depends on', async () => {
  const use = (name: string) => `package ${name}\n\nimport "m/get"\n\nfunc F() {\n\tr, err := get.Default.Get("x")\n\t_, _ = r.Body, err\n}\n`;
  const root = moduleWith({
    'made/made.go': 'package made\n\nimport "net/http"\n\ntype T int\n\nfunc (T) Get(url string) (int, error) { return 0, nil }\n\nfunc New() *T { return nil }\n\nvar _ http.Client\n',
    'get/get.go': 'package get\n\nimport "m/made"\n\nvar Default = made.New()\n', 'a/a.go': use('a'), 'b/b.go': use('b'),
  });
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  expect(await findings(root, { cache })).toEqual([]);
  const made = join(root, 'made/made.go');
  writeFileSync(made, readFileSync(made, 'utf8').replace('New() *T', 'New() *http.Client'));
  const changed = await findings(root, { cache });
  expect(changed).toEqual(await findings(root));
  expect(changed).toHaveLength(2);
});

test('an importer depends on a function that was looked for in vain, and on what a search finds', async () => {
  const use = { 'use/use.go': USE.replace('get.Finish(r)', 'get.Finish(r)\n\tget.Missing()') };
  expect(await isKeptAfter(get => `${get}\nfunc Missing() {}\n`, use)).toBe(false);
  expect(await isKeptAfter(get => `${get}\nfunc Other() {}\n`, use)).toBe(true);
  // A name that every object has.
  const named = { 'get/get.go': `${KEEPING.replace('_ = r.Body', 'toString(r)')}\nfunc toString(r *http.Response) { _ = r.Body }\n` };
  expect(await isKeptAfter(get => get.replace('_ = r.Body', '_ = r.Status'), named)).toBe(false);
  // A channel that a method closes makes it worth looking at what is started.
  const started = { 'get/more.go': 'package get\n\ntype W struct{ done chan int }\n\nfunc (w *W) Stop() {\n\tprintln(w)\n}\n' };
  expect(await isKeptAfter(get => `${get}\nfunc stop(w *W) { close(w.done) }\n`, started)).toBe(false);
});

test('a program that makes files of the package it stands in, and imports who imports it, makes no circle', async () => {
  const generator = { 'get/gen.go': '//go:build ignore\n\npackage main\n\nimport "m/use"\n\nfunc main() { use.F() }\n' };
  expect(await isKeptAfter(get => `${get}\nfunc added() {}\n`, generator)).toBe(true);
  expect(await isKeptAfter(get => get.replace('_ = r.Body', '_ = r.Status'), generator)).toBe(false);
});

test('a comment between the declarations of what is imported leaves the importers their results', async () => {
  const get = GET.replace('r.Body.Close()', '_ = r.Body');
  const root = moduleWith({ ...files, 'get/get.go': get });
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  const messages = async () => (await lint({ cwd: root, patterns: ['./use'], rules, tests: true, generated: false, tags: new Set(), cache })).diagnostics.map(d => d.message);
  await messages();
  const [file = ''] = readdirSync(cache);
  writeFileSync(join(cache, file), readFileSync(join(cache, file), 'utf8').replaceAll('is never closed', 'is kept'));
  writeFileSync(join(root, 'get/get.go'), get.replace('func Finish', '// Finish is a word.\n\nfunc Finish'));
  expect(await messages()).toEqual([expect.stringContaining('is kept')]);
  writeFileSync(join(root, 'get/get.go'), get.replace('_ = r.Body', '_ = r.Body // As above.'));
  expect(await messages()).toEqual([expect.stringContaining('is never closed')]);
});

test('a result that points into another folder moves with what it points to', async () => {
  const work = 'package work\n\nfunc Run() {\n\tfor {\n\t}\n}\n';
  const root = moduleWith({ 'work/work.go': work, 'start/start.go': 'package start\n\nimport "m/work"\n\nfunc F() { go work.Run() }\n' });
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  expect(await findings(root, { cache })).toHaveLength(1);
  writeFileSync(join(root, 'work/work.go'), `// Work.\n${work}`);
  expect(await findings(root, { cache })).toEqual(await findings(root));
});
