// Compares what go-leak-lint knows of calls with what go/types does.
//
//   go-leak-lint --print=calls --format json ./... > ours.jsonl
//   (cd scripts/oracle && go run . -C MODULE ./...) > oracle.jsonl
//   node scripts/oracle/compare.mjs ours.jsonl oracle.jsonl [EXAMPLES [MODULE]]
//
// With MODULE only callees of packages below that path and of the standard library count; whatever is named must be right.
// Of the calls that go/types names a function or method for: `equal` are named the same, `wrong` otherwise, `unknown`
// not at all. Also wrong: a name where go/types says there is none (a conversion, a function value). Calls of builtins
// count as named. A call that is missing from one list is counted apart.
import { readFileSync } from 'node:fs';

const [oursFile, oracleFile, examples = '0', module] = process.argv.slice(2);
/** The import path in `(*net/http.Client).Do`; a builtin has none. */
const pathOf = name => /^\(?\*?(.*?)\.[^/]*$/.exec(name)?.[1] ?? '';
const counts = name => !module || !pathOf(name).split('/')[0].includes('.') || pathOf(name).startsWith(module);
const read = file => new Map(readFileSync(file, 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line)).map(c => [`${c.file}:${c.line}:${c.column}`, c]));
const ours = read(oursFile);
const oracle = read(oracleFile);
const count = { calls: 0, equal: 0, unknown: 0, wrong: 0, missing: 0, undecided: 0 };
const shown = { wrong: [], unknown: [], missing: [] };
for (const [place, { callee, kind }] of oracle) {
  // go/types does not know it either: the code does not compile here.
  if (kind === 'unknown') {
    count.undecided++;
    continue;
  }
  const found = ours.get(place);
  const isNamed = callee !== null;
  if (!isNamed) {
    if (found && found.callee !== null) note('wrong', place, callee ?? kind, found);
    continue;
  }
  if (!counts(callee)) {
    if (found && found.callee !== null && found.callee !== callee) note('wrong', place, callee, found);
    continue;
  }
  count.calls++;
  if (!found) note('missing', place, callee);
  else if (found.callee === callee) count.equal++;
  else note(found.callee === null ? 'unknown' : 'wrong', place, callee, found);
}

function note(what, place, callee, found) {
  count[what]++;
  shown[what].push(`${what} ${place} ${callee}${found ? `, ours: ${found.callee ?? found.kind}` : ''}`);
}

const share = n => `${((100 * n) / count.calls).toFixed(3)} %`;
console.log(`${count.calls} calls: equal ${share(count.equal)}, unknown ${share(count.unknown)}, wrong ${share(count.wrong)} (${count.wrong}), missing ${share(count.missing)}; undecided ${count.undecided}`);
for (const list of Object.values(shown)) {
  const step = Math.max(1, Math.floor(list.length / Number(examples)));
  for (let i = 0, n = 0; i < list.length && n < Number(examples); i += step, n++) console.log(`  ${list[i]}`);
}
