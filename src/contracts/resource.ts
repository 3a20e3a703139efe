/** What has to be released, as data: what acquires it, what releases it, and how messages call it. */

/** What of a call is the resource: one of its results by index, the receiver itself, or the first argument. */
export type Giving = number | 'receiver' | 'argument';

export interface Resource {
  /** The rule that reports it. */
  readonly rule: string;
  /** As messages call it. */
  readonly noun: string;
  /** As messages call its release: `closed`, `called`. */
  readonly released: string;
  /** The field of the acquired value that is released, where it is not the value itself: `Body` of a response. */
  readonly field?: string;
  /** A field on which it can be released as well: `Process` of a command. */
  readonly through?: string;
  /** Methods whose result is the resource by another name: it works as long as the resource is open. */
  readonly views?: ReadonlySet<string>;
  /** What releases one of its fields releases it: `resp.Output.Close()`. */
  readonly anyPart?: true;
  /** Methods that release; a resource without any, and without `releasedBy`, is a function that must be called. */
  readonly releases: readonly string[];
  /** Functions that release what they are given, by full name: `Put` of a pool. */
  readonly releasedBy?: ReadonlySet<string>;
  /** Methods of the whole value that release its `field`. */
  readonly releasesWhole?: readonly string[];
  /** The whole value is one that the code itself fills: its other methods, and literals that have it, may look after it. */
  readonly inOwner?: true;
  /** Methods that release when they return false: a result set that is read to its end closes itself. */
  readonly exhausts?: readonly string[];
  /** A method that gives a channel, which is closed when it has come to its end by itself. */
  readonly endsWith?: string;
  /** Methods whose error says that they have released it. */
  readonly failsReleased?: readonly string[];
  /** Fields that are not nil, and methods that return true or an error, only where there is nothing to release. */
  readonly saysNothing?: readonly string[];
  /** Methods of it before which there is nothing to release: a session that has not begun a transaction. */
  readonly holdsFrom?: readonly string[];
  /** The channel of a timer or ticker: who keeps nothing but `time.NewTicker(d).C` can never stop it. */
  readonly channel?: string;
  /** A receive from its channel releases as well: a timer that has fired needs no `Stop`. */
  readonly firesOnce?: true;
  /** Functions that make something of it which uses it and cannot release it: a stub, `pb.NewUsersClient(conn)`. */
  readonly stubs?: RegExp;
  /** Calls that hand it over, and as what. */
  readonly acquire: ReadonlyMap<string, Giving>;
  /** Its types, where a result of one of these is taken for one whoever gives it (as the first of two results, an error the other). */
  readonly types?: readonly string[];
  /** Only of who is called like this: others may give again what they keep. */
  readonly typedOf?: RegExp;
  /** What a result list says when it may hold one or a view of one. */
  readonly words: RegExp;
  /** Calls that get it again out of a context that came with it, so a result that goes nowhere is no loss. */
  readonly retrieve?: ReadonlySet<string>;
  /** Another result, to close which is as good: the end of a pipe that is read from. */
  readonly pairedWith?: number;
  /** Nothing is behind it as long as its first argument is nil. */
  readonly startsWithArgument?: true;
  /** It holds memory and no more, so a way that leaves early does no harm; one that nobody ever releases does. */
  readonly onlyWhenNever?: true;
  /** It releases itself in time, so only a loop that leaves one behind in every round is worth a word. */
  readonly onlyInLoop?: true;
  /** There is something to release even when the error beside it says that the call failed. */
  readonly evenOnError?: true;
  /** Releasing it when the function ends is always right where nobody else does: nothing is undone or waited for. */
  readonly deferrable?: true;
  /** The first minor version of Go 1 that needs no release any more. */
  readonly curedIn?: number;
}
