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
	newByError: true,
	locked:     " FOR UPDATE",
	skipLocked: " FOR UPDATE SKIP LOCKED",
	hasTable: `SELECT EXISTS (SELECT 1 FROM information_schema.tables
		WHERE table_schema = DATABASE() AND table_name = '%s')`,
	lock:    lockMySQL,
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
