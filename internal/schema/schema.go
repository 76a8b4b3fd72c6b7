// Package schema holds the one ordered list of migrations: goose's files NNNNN_name.sql, written once
// for all databases.
//
// # Writing a migration
//
// A file begins with the line "-- +goose Up" and has no way down: an older program refuses a newer
// database, and the way back is the backup. What has been released is never changed. Until the first
// release files are rewritten in place; kit/sqldb remembers the text that a database was made with, and
// refuses one that was made with another.
//
// Written plainly, because all databases understand them: BIGINT, INTEGER, BOOLEAN, VARCHAR(n),
// CHAR(10) for dates, NOT NULL, DEFAULT, and table constraints (UNIQUE, PRIMARY KEY, FOREIGN KEY).
// Points in time are columns *_at of BIGINT, milliseconds in UTC. What differs is a macro:
//
//	{id}                            type of the column id: BIGINT keys given by the database
//	{text}, {blob}                  texts and bytes of any length
//	{options}                       after the closing parenthesis of each CREATE TABLE
//	{index name table (columns)}    an index, {unique name table (columns)} a unique one; no semicolon
//	{column table name definition}  a new column of an existing table; no semicolon
//	{if sqlite postgresql} … {end}  lines for these engines only: sqlite, postgresql, mysql
//
// For example:
//
//	CREATE TABLE IF NOT EXISTS tags (
//	    id         {id},
//	    slug       VARCHAR(100) NOT NULL,
//	    "text"     {text} NOT NULL,
//	    created_at BIGINT NOT NULL,
//	    UNIQUE (slug)
//	){options};
//	{index tags_created_at tags (created_at, id)}
//
// # Repeatable steps
//
// MySQL and MariaDB do not roll back CREATE and ALTER. A migration that broke off there runs again
// from its first step, so each step is repeatable: CREATE TABLE IF NOT EXISTS, DROP TABLE IF EXISTS,
// the macros (which look into the catalogue), and UPDATEs that do no harm twice. SQLite and PostgreSQL
// roll back the whole file.
//
// # The list of columns
//
// columns.txt says what all migrations make together: go test ./internal/schema -run TestColumns -update writes it, and its
// difference shows what a migration adds.
//
// # Limits
//
// A key is at most 3072 bytes on MySQL, 768 characters; {text} and {blob} cannot be in a key, nor have
// a default there. There are no partial indexes. The table "groups" is always quoted: MySQL reserves
// the word. SQLite does not enforce the n of VARCHAR(n); rules do, before.
package schema

import (
	"embed"
	"strings"
)

// FS holds the migrations in its root.
//
//go:embed *.sql
var FS embed.FS

//go:embed columns.txt
var columns string

// Columns returns the columns of each table of a database that has all migrations, whatever its engine. The tables of the
// search are not among them, because each engine keeps them in its own way. A test compares the list with the migrations.
func Columns() map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(columns) {
		table, names, _ := strings.Cut(line, ":")
		all[table] = strings.Fields(names)
	}
	return all
}
