package sqldb

import (
	"context"
	"database/sql/driver"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// caching makes connections that remember their prepared statements. database/sql prepares, runs and
// closes a statement for each query with arguments; here closing only puts it back, so the engine
// parses and plans a text once per connection. (pgx does this by itself.)
type caching struct {
	driver.Connector
	setup   []string                // statements that every new connection begins with
	prepare func(driver.Conn) error // done to every new connection before; may be nil
}

// statementsPerConn bounds the statements kept on one connection; the least recently used one goes.
const statementsPerConn = 128

// Connect implements driver.Connector.
func (c *caching) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if c.prepare != nil {
		if err := c.prepare(raw); err != nil {
			raw.Close()
			return nil, err
		}
	}
	conn := &cachingConn{Conn: raw}
	conn.statements, err = simplelru.NewLRU(statementsPerConn, func(_ string, s *cachedStatement) { s.drop() })
	if err != nil {
		raw.Close()
		return nil, err
	}
	for _, statement := range c.setup {
		if _, err := conn.ExecContext(ctx, statement, nil); err != nil {
			raw.Close()
			return nil, err
		}
	}
	return conn, nil
}

// cachingConn is used by one goroutine at a time, as database/sql promises.
type cachingConn struct {
	driver.Conn
	statements *simplelru.LRU[string, *cachedStatement]
}

var (
	_ driver.ConnPrepareContext = (*cachingConn)(nil)
	_ driver.ConnBeginTx        = (*cachingConn)(nil)
	_ driver.ExecerContext      = (*cachingConn)(nil)
	_ driver.Pinger             = (*cachingConn)(nil)
	_ driver.SessionResetter    = (*cachingConn)(nil)
	_ driver.Validator          = (*cachingConn)(nil)
)

// PrepareContext implements driver.ConnPrepareContext.
func (c *cachingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	known, ok := c.statements.Get(query)
	if ok && !known.busy {
		known.busy = true
		return known, nil
	}
	raw, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s := &cachedStatement{Stmt: raw, conn: c, query: query, busy: true, dropped: ok}
	if !ok {
		c.statements.Add(query, s)
	}
	return s, nil
}

// ExecContext implements driver.ExecerContext: a statement without arguments is not worth preparing.
func (c *cachingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) > 0 {
		return nil, driver.ErrSkip
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

// BeginTx implements driver.ConnBeginTx.
func (c *cachingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

// Ping implements driver.Pinger.
func (c *cachingConn) Ping(ctx context.Context) error {
	if p, ok := c.Conn.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

// ResetSession implements driver.SessionResetter.
func (c *cachingConn) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid implements driver.Validator.
func (c *cachingConn) IsValid() bool {
	if v, ok := c.Conn.(driver.Validator); ok {
		return v.IsValid()
	}
	return true
}

// Close implements driver.Conn.
func (c *cachingConn) Close() error {
	c.statements.Purge()
	return c.Conn.Close()
}

// cachedStatement is a prepared statement that outlives its Close.
type cachedStatement struct {
	driver.Stmt
	conn    *cachingConn
	query   string
	busy    bool // somebody reads its rows
	dropped bool // it is not in the cache (any more): Close closes it
}

var (
	_ driver.StmtExecContext  = (*cachedStatement)(nil)
	_ driver.StmtQueryContext = (*cachedStatement)(nil)
)

// ExecContext implements driver.StmtExecContext.
func (s *cachedStatement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	result, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	if err != nil {
		s.forget()
	}
	return result, err
}

// QueryContext implements driver.StmtQueryContext.
func (s *cachedStatement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		s.forget()
	}
	return rows, err
}

// Close implements driver.Stmt.
func (s *cachedStatement) Close() error {
	s.busy = false
	if s.dropped {
		return s.Stmt.Close()
	}
	return nil
}

// forget takes a statement that failed out of the cache; whatever was wrong with it ends with it.
func (s *cachedStatement) forget() {
	if !s.dropped {
		s.conn.statements.Remove(s.query)
	}
}

// drop is called when the statement leaves the cache.
func (s *cachedStatement) drop() {
	s.dropped = true
	if !s.busy {
		s.Stmt.Close()
	}
}
