package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
)

// MySQL and MariaDB differ where they must: comments that only one of them reads name the collation
// which neither folds case nor ignores trailing blanks, and steps of migrations ask the catalogue
// because MySQL has no IF NOT EXISTS for them.
//
// The driver reports the rows that matched (clientFoundRows). It then counts a row that ON DUPLICATE
// KEY passes over as one, so a new row is told from an old one by the error of a plain INSERT, which
// undoes nothing but that statement.
var mysqlEngine = engine{
	name:       MySQL,
	open:       openMySQL,
	classify:   classifyMySQL,
	terms:      mysqlTerms,
	newByError: true,
	locked:     " FOR UPDATE",
	skipLocked: " FOR UPDATE SKIP LOCKED",
	updateFrom: `UPDATE %[1]s JOIN (%[3]s) said ON said.id = %[1]s.id SET %[1]s.%[2]s = said.value WHERE said.value <> %[1]s.%[2]s`,
	hasTable: `SELECT EXISTS (SELECT 1 FROM information_schema.tables
		WHERE table_schema = DATABASE() AND table_name = '%s')`,
	snapshot: sql.LevelRepeatableRead,
	columns: `SELECT c.table_name AS of_table, c.column_name AS called, c.data_type AS declared FROM information_schema.columns c
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
		WHERE c.table_schema = DATABASE() AND COALESCE(c.generation_expression, '') = '' ORDER BY c.table_name, c.ordinal_position`,
	// MySQL says late how far the ids have come.
	nextID: `SELECT GREATEST(COALESCE((SELECT auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '%[1]s'), 0),
		COALESCE((SELECT MAX(id) + 1 FROM "%[1]s"), 0))`,
	setNextID: func(table string, next int64) []string {
		return []string{fmt.Sprintf(`ALTER TABLE "%s" AUTO_INCREMENT = %d`, table, next)}
	},
	bulk:    bulk{before: `SET SESSION foreign_key_checks = 0`, after: `SET SESSION foreign_key_checks = 1`, begin: checkMySQLReferences},
	dropped: `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name`,
	lock:    lockMySQL,
	hurry:   "SET SESSION lock_wait_timeout = 3;",
	dialect: goose.DialectMySQL,
	id:      "BIGINT AUTO_INCREMENT PRIMARY KEY",
	text:    "LONGTEXT",
	blob:    "LONGBLOB",
	options: " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=" + mysqlCollation,
	index: func(kind, name, table, columns string) string {
		return ifMissing(
			fmt.Sprintf(`information_schema.statistics WHERE table_schema = DATABASE() AND table_name = '%s' AND index_name = '%s'`, bare(table), bare(name)),
			fmt.Sprintf("CREATE %s %s ON %s (%s)", kind, name, table, columns))
	},
	column: func(table, name, definition string) string {
		return ifMissing(
			fmt.Sprintf(`information_schema.columns WHERE table_schema = DATABASE() AND table_name = '%s' AND column_name = '%s'`, bare(table), bare(name)),
			fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", table, name, definition))
	},
}

const mysqlCollation = "/*M! utf8mb4_nopad_bin */ /*!80017 utf8mb4_0900_bin */"

// ifMissing returns steps that run a statement only if a row of the catalogue does not exist yet, so
// that a migration that broke off can be repeated.
func ifMissing(row, statement string) string {
	return fmt.Sprintf(`SET @step = (SELECT CASE WHEN COUNT(*) = 0 THEN '%s' ELSE 'DO 0' END FROM %s);
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;`, strings.ReplaceAll(statement, "'", "''"), row)
}

func bare(name string) string { return strings.Trim(name, `"`) }

func openMySQL(_ context.Context, c Config, p *pools) error {
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", net.JoinHostPort(c.Host, strconv.Itoa(cmp.Or(c.Port, 3306)))
	if c.Host == "" || strings.HasPrefix(c.Host, "/") {
		config.Net, config.Addr = "unix", cmp.Or(c.Host, mysqlSocket())
	}
	config.User, config.Passwd, config.DBName = c.User, c.Password, c.Name
	config.Timeout = 5 * time.Second
	config.ClientFoundRows = true
	config.TLSConfig = "preferred"
	if config.Net == "unix" {
		config.TLSConfig = ""
	}
	config.MaxAllowedPacket = 0 // as much as the server takes
	config.ConnectionAttributes = "program_name:grouprise"
	config.Logger = &mysql.NopLogger{} // the same errors come back from the call
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	p.read = pool(sql.OpenDB(&caching{Connector: connector, setup: []string{
		"SET NAMES utf8mb4 COLLATE " + mysqlCollation,
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
		`SET SESSION time_zone = '+00:00', sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,` +
			`NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'`,
	}}), cmp.Or(c.MaxConns, 16))
	p.read.SetConnMaxLifetime(30 * time.Minute)
	p.write = p.read
	return nil
}

// mysqlSocket returns where the server of this machine has its socket: Debian, Red Hat, and what MySQL's own builds use.
func mysqlSocket() string {
	usual := []string{"/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"}
	for _, path := range usual {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return usual[0]
}

func classifyMySQL(err error) fault {
	if errors.Is(err, mysql.ErrInvalidConn) {
		return disconnected
	}
	e, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return unknown
	}
	switch e.Number {
	case 1062, 1586: // a unique key is taken
		return duplicate
	case 1406: // data too long for column
		return tooLong
	case 1205, 1213, 1020, 1615: // lock wait timeout, deadlock, row changed since it was read, prepare again
		return collision
	case 1053, 1927, 3169, 1317, 4031: // shutdown in progress, connection killed, query interrupted, idle too long
		return disconnected
	case 1021, 1040, 1041, 1203, 1226, 1290, 1836, 1114: // disk full, too many connections, read only, table full
		return away
	}
	return unknown
}

func lockMySQL(ctx context.Context, db *DB) (func(), error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	// The lock belongs to the server, not to a database: name the database in it.
	name := "grouprise:" + db.name
	for {
		var got sql.NullInt64
		if err := conn.QueryRowContext(ctx, `SELECT GET_LOCK(?, 5)`, name).Scan(&got); err != nil {
			conn.Close()
			return nil, err
		}
		if got.Int64 == 1 {
			return func() { unlock(conn, `DO RELEASE_LOCK(?)`, name) }, nil
		}
	}
}

// checkMySQLReferences makes sure at the end that every reference leads to a row: switched on again, foreign keys are checked
// only for what comes.
func checkMySQLReferences(ctx context.Context, tx *Tx) (finish func() error, err error) {
	return func() error {
		var all []struct {
			Table, Column, Parent, Other string
			Name                         string
		}
		err := tx.Select(ctx, &all, `SELECT table_name AS "table", column_name AS "column", referenced_table_name AS parent, referenced_column_name AS other, constraint_name AS name
			FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
			ORDER BY table_name, constraint_name, ordinal_position`)
		if err != nil {
			return fmt.Errorf("list the references: %w", err)
		}
		for i := 0; i < len(all); {
			r := all[i]
			var given, same []string
			for ; i < len(all) && all[i].Table == r.Table && all[i].Name == r.Name; i++ {
				given = append(given, fmt.Sprintf(`c."%s" IS NOT NULL`, all[i].Column))
				same = append(same, fmt.Sprintf(`p."%s" = c."%s"`, all[i].Other, all[i].Column))
			}
			var lost int
			query := fmt.Sprintf(`SELECT COUNT(*) FROM "%s" c WHERE %s AND NOT EXISTS (SELECT 1 FROM "%s" p WHERE %s)`,
				r.Table, strings.Join(given, " AND "), r.Parent, strings.Join(same, " AND "))
			if err := tx.Get(ctx, &lost, query); err != nil {
				return fmt.Errorf("check the references of the table %s: %w", r.Table, err)
			}
			if lost > 0 {
				return fmt.Errorf("%d rows of the table %s refer to rows of the table %s that do not exist", lost, r.Table, r.Parent)
			}
		}
		return nil
	}, nil
}
