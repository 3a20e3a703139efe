/** Library calls that wait until their context, the first argument, is over or the other side has answered. Data by full names. */

const on = (types: string, methods: string) => new RegExp(`^\\((?:${types})\\)\\.(?:${methods})$`);

const PATTERNS: readonly RegExp[] = [
  on('\\*database/sql\\.(?:DB|Tx|Conn|Stmt)', '(?:Query|QueryRow|Exec|Prepare|Ping)Context|BeginTx'), /^\(\*database\/sql\.DB\)\.Conn$/,
  on('\\*github\\.com/jmoiron/sqlx\\.(?:DB|Tx|Conn|Stmt|NamedStmt)', '(?:Queryx?|QueryRowx?|Exec|MustExec|Preparex?|NamedExec|NamedQuery|Get|Select)Context|BeginTxx?'),
  on('\\*?github\\.com/jackc/pgx/v[45](?:/pgxpool)?\\.(?:Conn|Tx|Pool)', 'Query|QueryRow|Exec|Begin|BeginTx|Ping|CopyFrom|Acquire|WaitForNotification'),
  /^os\/exec\.CommandContext$/,
  /^\(\*golang\.org\/x\/sync\/semaphore\.Weighted\)\.Acquire$/,
  /^\(\*google\.golang\.org\/grpc\.ClientConn\)\.(?:Invoke|NewStream)$/,
  on('\\*?github\\.com/(?:redis/go-redis|go-redis/redis)/v\\d+\\.\\w+', 'B[LR]Pop|BLMove|BRPopLPush|BZPop(?:Min|Max)|XRead|XReadGroup'),
  /^\(\*net\.Dialer\)\.DialContext$/,
];

const known = new Map<string, boolean>();

/** Whether the function with this full name waits as long as its first argument, a context, allows. */
export function waitsForContext(name: string): boolean {
  let found = known.get(name);
  if (found === undefined) known.set(name, (found = PATTERNS.some(pattern => pattern.test(name))));
  return found;
}

/** Contexts that nobody can end. */
export const ENDLESS_CONTEXT = /^context\.(?:Background|TODO|WithoutCancel)$/;
/** Contexts that end with the one they are given, and in no other way. */
export const SAME_CONTEXT = /^context\.WithValue$/;
