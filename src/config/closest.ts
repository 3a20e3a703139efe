/** Guesses what somebody meant who wrote a name that does not exist. */

/** The known name that `word` is most likely a misspelling of, if it is one. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map(name => ({ name, distance: distance(plain(word), plain(name)) })).sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.name : undefined;
}

/** What is wrong with the name of a rule that does not exist. */
export function unknownRule(name: string, ids: readonly string[]): string {
  const guess = closest(name, ids) ?? ids.find(id => id.includes(name) || name.includes(id) || sharesWord(id, name));
  return `there is no rule ${name}${guess ? `; did you mean ${guess}?` : ''} (--list-rules shows all)`;
}

function sharesWord(a: string, b: string): boolean {
  return a.split('-').some(word => word.length > 3 && b.split('-').includes(word));
}

/** `minConfidence` and `min_confidence` are `min-confidence`. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** How many letters must be inserted, left out, replaced or swapped with their neighbour. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
