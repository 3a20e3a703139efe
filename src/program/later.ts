/** The files of a dependency that nobody has needed yet, by what they declare. */
import type { FileKind } from '../source/constraints.ts';
import type { Source } from '../source/text.ts';
import type { Scan } from '../syntax/scan.ts';
import { type FuncHead, headsIn, type Survey } from '../syntax/survey.ts';

export interface LaterFile {
  readonly survey: Survey;
  readonly kind: FileKind;
  /** Undefined where the file cannot be read any more. */
  readonly read: () => { readonly source: Source; readonly scan: Scan } | undefined;
}

export class LaterFiles {
  /** In the order in which they were added; what is read leaves. */
  private readonly waiting = new Set<LaterFile>();
  private readonly asked = new Set<string>();

  /** Something was put off, be it read now or not. */
  wasUsed = false;

  /** `take` is given each file that is needed. */
  constructor(private readonly take: (file: LaterFile) => void) {}

  add(file: LaterFile): void {
    this.wasUsed = true;
    this.waiting.add(file);
  }

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** Reads what declares the name at package level; `known` has it afterwards if it was found. */
  readName(name: string, known: ReadonlyMap<string, unknown>): void {
    if (this.isEmpty || this.asked.has(name)) return;
    this.asked.add(name);
    this.readThose(({ names }) => names.includes(`\n${name}\n`));
    if (!known.has(name)) this.readThose(({ mayHaveMore }) => mayHaveMore);
  }

  /** Reads what declares the methods of a type, or the one called `name`, and aliases of the type. */
  readMethods(type: string, name?: string): void {
    const key = name === undefined ? `${type}.` : `${type}.${name}\t`;
    if (this.isEmpty || this.asked.has(key)) return;
    this.asked.add(key);
    this.readThose(({ heads, aliased }) => heads.includes(`\n${key}`) || aliased.includes(`\n${type}\n`));
  }

  readAll(): void {
    if (!this.isEmpty) this.readThose(() => true);
  }

  heads(): readonly FuncHead[] {
    return [...this.waiting].flatMap(({ survey }) => headsIn(survey));
  }

  importPaths(): readonly string[] {
    return [...this.waiting].flatMap(({ survey }) => survey.importPaths);
  }

  openers(): readonly string[] {
    return [...this.waiting].flatMap(({ survey }) => survey.openers);
  }

  private readThose(isNeeded: (survey: Survey) => boolean): void {
    for (const file of [...this.waiting]) {
      if (!isNeeded(file.survey)) continue;
      this.waiting.delete(file);
      this.take(file);
    }
  }
}
