package dbtest

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"io/fs"
	"strings"
	"sync"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// slot is a database on a server that tests use one after another. The process that uses it holds a
// lock of its name on the server, which ends with the process.
type slot struct {
	pool *slots
	name string
	base string
}

// slots are the databases of one server.
type slots struct {
	sync.Mutex
	admin *sql.Conn // holds the locks
	free  map[string][]*slot
	owned map[string]bool
}

// servers are the pools of this process by engine.
var servers = struct {
	sync.Mutex
	pools map[string]*slots
}{pools: map[string]*slots{}}

// takeSlot returns a clean database with the migrations.
func takeSlot(ctx context.Context, engine string, config sqldb.Config, fsys fs.FS) (*slot, error) {
	key, err := fingerprint(fsys)
	if err != nil {
		return nil, err
	}
	base := "grouprise_test_" + key
	pool, err := connected(ctx, engine, config)
	if err != nil {
		return nil, err
	}
	s, isNew, err := pool.take(ctx, engine, base)
	if err != nil {
		return nil, err
	}
	config.Name = s.name
	if isNew || fsys == nil {
		err = build(ctx, pool, config, fsys)
	} else {
		err = empty(ctx, config)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return s, nil
}

// giveBack lets the next test have the database.
func (s *slot) giveBack() {
	s.pool.Lock()
	defer s.pool.Unlock()
	s.pool.free[s.base] = append(s.pool.free[s.base], s)
}

func connected(ctx context.Context, engine string, config sqldb.Config) (*slots, error) {
	servers.Lock()
	defer servers.Unlock()
	if pool, ok := servers.pools[engine]; ok {
		return pool, nil
	}
	config.Name = "postgres"
	if config.Engine == sqldb.MySQL {
		config.Name = "mysql"
	}
	db, err := raw(config)
	if err != nil {
		return nil, err
	}
	// The connection outlives the test that asked first.
	conn, err := db.Conn(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	pool := &slots{admin: conn, free: map[string][]*slot{}, owned: map[string]bool{}}
	servers.pools[engine] = pool
	return pool, nil
}

// take finds a database that nobody uses, or chooses the name of a new one.
func (p *slots) take(ctx context.Context, engine, base string) (s *slot, isNew bool, err error) {
	p.Lock()
	defer p.Unlock()
	ctx = context.WithoutCancel(ctx) // ending the test must not end the connection that holds the locks
	if free := p.free[base]; len(free) > 0 {
		p.free[base] = free[:len(free)-1]
		return free[len(free)-1], false, nil
	}
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s_%d", base, n)
		if p.owned[name] {
			continue
		}
		locked, exists := `SELECT GET_LOCK(?, 0) = 1`, `SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = 'ready')`
		var key any = name
		if engine == "postgresql" {
			locked, exists = `SELECT pg_try_advisory_lock($1)`, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1 AND shobj_description(oid, 'pg_database') = 'ready')`
			hash := fnv.New64a()
			hash.Write([]byte(name))
			key = int64(hash.Sum64() >> 1)
		}
		var got, ready bool
		if err := p.admin.QueryRowContext(ctx, locked, key).Scan(&got); err != nil {
			return nil, false, err
		}
		if !got {
			continue
		}
		p.owned[name] = true
		if err := p.admin.QueryRowContext(ctx, exists, name).Scan(&ready); err != nil {
			return nil, false, err
		}
		return &slot{pool: p, name: name, base: base}, !ready, nil
	}
}

// build makes the database anew and migrates it.
func build(ctx context.Context, p *slots, config sqldb.Config, fsys fs.FS) error {
	quote := `"`
	if config.Engine == sqldb.MySQL {
		quote = "`"
	}
	name := quote + config.Name + quote
	if err := p.exec(ctx, "DROP DATABASE IF EXISTS "+name, "CREATE DATABASE "+name); err != nil {
		return err
	}
	if fsys == nil {
		return nil
	}
	db, err := sqldb.Open(ctx, config)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := sqldb.Migrate(ctx, db, fsys); err != nil {
		return err
	}
	if config.Engine == sqldb.MySQL {
		return p.exec(ctx, "CREATE TABLE "+name+".ready (id BIGINT)")
	}
	return p.exec(ctx, "COMMENT ON DATABASE "+name+" IS 'ready'")
}

func (p *slots) exec(ctx context.Context, statements ...string) error {
	p.Lock()
	defer p.Unlock()
	for _, s := range statements {
		if _, err := p.admin.ExecContext(context.WithoutCancel(ctx), s); err != nil {
			return err
		}
	}
	return nil
}

// empty deletes all rows and lets ids begin at 1.
func empty(ctx context.Context, config sqldb.Config) error {
	db, err := raw(config)
	if err != nil {
		return err
	}
	defer db.Close()
	if config.Engine == sqldb.PostgreSQL {
		return emptyPostgreSQL(ctx, db)
	}
	return emptyMySQL(ctx, db)
}

// emptyPostgreSQL makes tables small again, too, that are large: the planner reckons with what it would cost to read the space in
// which the rows of other tests were.
func emptyPostgreSQL(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, deletePostgreSQL); err != nil {
		return err
	}
	var large sql.NullString
	if err := db.QueryRowContext(ctx, largePostgreSQL).Scan(&large); err != nil || !large.Valid {
		return err
	}
	_, err := db.ExecContext(ctx, "VACUUM "+large.String)
	return err
}

// largePostgreSQL names the tables of more than two pages.
const largePostgreSQL = `SELECT string_agg(format('%I', relname), ', ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 16384`

const deletePostgreSQL = `DO $$
DECLARE
	name text;
BEGIN
	SET LOCAL session_replication_role = replica; -- rows of a deleted row's foreign keys go as well
	FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('goose_db_version', 'migration_checksums') LOOP
		EXECUTE format('DELETE FROM %I', name);
	END LOOP;
	FOR name IN SELECT sequencename FROM pg_sequences
		WHERE schemaname = 'public' AND last_value IS NOT NULL AND sequencename NOT LIKE 'goose%' LOOP
		EXECUTE format('ALTER SEQUENCE %I RESTART', name);
	END LOOP;
END $$`

func emptyMySQL(ctx context.Context, db *sql.DB) error {
	db.SetMaxOpenConns(1) // so that the setting stays in force
	rows, err := db.QueryContext(ctx, "SELECT table_name, COALESCE(auto_increment, 0) > 1 FROM information_schema.tables "+
		"WHERE table_schema = DATABASE() AND table_name NOT IN ('goose_db_version', 'migration_checksums', 'ready')")
	if err != nil {
		return err
	}
	defer rows.Close()
	var steps, used []string
	for rows.Next() {
		var name string
		var counted bool
		if err := rows.Scan(&name, &counted); err != nil {
			return err
		}
		used = append(used, fmt.Sprintf("SELECT '%s' AS name FROM DUAL WHERE EXISTS (SELECT 1 FROM `%s`)", name, name))
		if counted {
			steps = append(steps, fmt.Sprintf("ALTER TABLE `%s` AUTO_INCREMENT = 1", name))
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(used) == 0 {
		return nil
	}
	filled, err := db.QueryContext(ctx, strings.Join(used, " UNION ALL "))
	if err != nil {
		return err
	}
	defer filled.Close()
	deletes := []string{"SET SESSION foreign_key_checks = 0"}
	for filled.Next() {
		var name string
		if err := filled.Scan(&name); err != nil {
			return err
		}
		deletes = append(deletes, fmt.Sprintf("DELETE FROM `%s`", name))
	}
	if err := filled.Err(); err != nil {
		return err
	}
	for _, s := range append(deletes, steps...) {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// raw opens a database by its driver: the locks and the cleaning are about servers, which sqldb hides.
func raw(config sqldb.Config) (*sql.DB, error) {
	if config.Engine == sqldb.PostgreSQL {
		c, err := pgx.ParseConfig(fmt.Sprintf("host='%s' port='%d' user='%s' password='%s' dbname='%s'",
			config.Host, cmp.Or(config.Port, 5432), config.User, config.Password, config.Name))
		if err != nil {
			return nil, err
		}
		return stdlib.OpenDB(*c), nil
	}
	c := mysql.NewConfig()
	c.Net, c.Addr = "tcp", fmt.Sprintf("%s:%d", config.Host, cmp.Or(config.Port, 3306))
	if strings.HasPrefix(config.Host, "/") {
		c.Net, c.Addr = "unix", config.Host
	}
	c.User, c.Passwd, c.DBName = config.User, config.Password, config.Name
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}
