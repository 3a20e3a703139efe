/** Library calls that wait without a context, and what does the same with one. Data by full names. */

const SQL = 'database/sql';
const SQLX = 'github.com/jmoiron/sqlx';

const plain = ['Query', 'QueryRow', 'Exec'];
const extended = ['Get', 'Select', 'Queryx', 'QueryRowx', 'MustExec'];

/** Where the counterpart has not the same name with `Context` behind it. */
const RENAMED: Readonly<Record<string, string>> = { Begin: 'BeginTx', Beginx: 'BeginTxx', MustBegin: 'MustBeginTx' };

/** A type of sqlx embeds one of `database/sql`, whose methods it is presumed to have itself where its source is not at hand. */
const QUERIES: ReadonlyMap<string, string> = new Map([
  ...methods(`*${SQL}.DB`, [...plain, 'Prepare', 'Begin', 'Ping']),
  ...methods(`*${SQL}.Tx`, [...plain, 'Prepare']),
  ...methods(`*${SQL}.Stmt`, plain),
  ...methods(`*${SQLX}.DB`, [...plain, ...extended, 'Prepare', 'Begin', 'Ping', 'NamedExec', 'NamedQuery', 'Preparex', 'PrepareNamed', 'Beginx', 'MustBegin']),
  ...methods(`*${SQLX}.Tx`, [...plain, ...extended, 'Prepare', 'NamedExec', 'Preparex', 'PrepareNamed']),
  ...methods(`*${SQLX}.Stmt`, [...plain, ...extended]),
  ...methods(`*${SQLX}.NamedStmt`, [...plain, ...extended]),
  ...['Get', 'Select', 'NamedExec', 'NamedQuery', 'MustExec', 'Preparex', 'Connect'].map((name): [string, string] => [`${SQLX}.${name}`, `${name}Context`]),
]);

function methods(type: string, names: readonly string[]): [string, string][] {
  return names.map(name => [`(${type}).${name}`, RENAMED[name] ?? `${name}Context`]);
}

/** The name of the method or function that takes a context, of a query, ping or begin that takes none. */
export function queryWithContext(name: string): string | undefined {
  return QUERIES.get(name);
}

/** Makes a request without a context, to be sent by somebody. */
export const NEW_REQUEST = 'net/http.NewRequest';
/** Make a request without a context and send it. */
export const SENDS_WITHOUT_CONTEXT = /^(?:net\/http\.|\(\*net\/http\.Client\)\.)(?:Get|Head|Post|PostForm)$/;
