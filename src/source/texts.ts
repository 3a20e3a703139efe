import type { Source } from './text.ts';
import { boundYoungGeneration } from './young.ts';

/**
 * Keeps the texts of files, those used last, up to a limit; the others are read again when somebody asks. What is read
 * of a large module's dependencies is many times what is being looked at.
 */
export class Texts {
  /** In the order in which they came, those that were used since at the end once their turn has come. */
  private queue: Kept[] = [];
  private next = 0;
  private total = 0;

  /** `most` is in bytes. */
  constructor(private readonly most: number) {}

  /** `again` gives the text once more; that of a file that has changed since is of another moment. */
  keep(path: string, text: string, size: number, again: () => string): Source {
    return new Kept(path, text, size, again, this);
  }

  add(kept: Kept): void {
    this.queue.push(kept);
    this.total += kept.size;
    while (this.total > this.most && this.queue.length - this.next > 1) this.shrink();
    boundYoungGeneration();
  }

  private shrink(): void {
    const oldest = this.queue[this.next++];
    if (oldest?.letGo()) this.total -= oldest.size;
    else if (oldest) this.queue.push(oldest);
    if (this.next * 2 < this.queue.length) return;
    this.queue = this.queue.slice(this.next);
    this.next = 0;
  }
}

class Kept implements Source {
  private kept: string | undefined;
  private isUsed = true;

  constructor(readonly path: string, text: string, readonly size: number, private readonly again: () => string, private readonly texts: Texts) {
    this.kept = text;
    texts.add(this);
  }

  get text(): string {
    this.isUsed = true;
    if (this.kept === undefined) {
      this.kept = this.again();
      this.texts.add(this);
    }
    return this.kept;
  }

  /** Not if it was used since the last time. */
  letGo(): boolean {
    if (!this.isUsed) this.kept = undefined;
    this.isUsed = false;
    return this.kept === undefined;
  }
}
