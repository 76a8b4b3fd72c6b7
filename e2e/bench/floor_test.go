//go:build bench

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// floorVariable makes the test binary the floor: it holds the database's configuration as JSON.
const floorVariable = "BENCH_FLOOR"

// floor says where the floor's database is.
type floor struct {
	Engine string `json:"engine"`
	Path   string `json:"path"`
	Host   string `json:"host"`
	User   string `json:"user"`
	Name   string `json:"name"`
}

func TestMain(m *testing.M) {
	if config := os.Getenv(floorVariable); config != "" {
		if err := serveFloor(config, os.Getenv(floorVariable+"_LISTEN")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveFloor is the bare handler. It answers /?queries=Q&bytes=B: it asks the database Q times, one after the other,
// and writes B bytes.
func serveFloor(config, listen string) error {
	var f floor
	if err := json.Unmarshal([]byte(config), &f); err != nil {
		return err
	}
	db, err := sqldb.Open(context.Background(), sqldb.Config{Engine: f.Engine, Path: f.Path, Host: f.Host, User: f.User, Name: f.Name})
	if err != nil {
		return err
	}
	page := bytes.Repeat([]byte("<p>floor</p>\n"), 100_000)
	handler := func(w http.ResponseWriter, r *http.Request) {
		queries, err := strconv.Atoi(r.URL.Query().Get("queries"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		size, err := strconv.Atoi(r.URL.Query().Get("bytes"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for i := range queries {
			if err := ask(r.Context(), db, i); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(page[:size])
	}
	return http.ListenAndServe(listen, http.HandlerFunc(handler))
}

// ask runs the nth statement of a page. Half of them find one row by its key, as those about the viewer do, and half
// are short lists in an order that has an index.
func ask(ctx context.Context, db *sqldb.DB, n int) error {
	if n%2 == 0 {
		var one struct {
			ID   int64  `db:"id"`
			Slug string `db:"slug"`
			Name string `db:"name"`
		}
		return db.Get(ctx, &one, `SELECT id, slug, name FROM entities WHERE id = ?`, n+1)
	}
	var list []struct {
		ID    int64  `db:"id"`
		Title string `db:"title"`
		Name  string `db:"name"`
	}
	return db.Select(ctx, &list, `
		SELECT c.id, c.title, e.name FROM contents c JOIN entities e ON e.id = c.entity_id ORDER BY c.published_at DESC, c.id DESC LIMIT 10`)
}

// startFloor starts the floor in a process of its own and returns its address.
func startFloor(t *testing.T, c sqldb.Config) string {
	t.Helper()
	config, err := json.Marshal(floor{c.Engine, c.Path, c.Host, c.User, c.Name})
	if err != nil {
		t.Fatal(err)
	}
	listen := servers.FreeAddress(t)
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), floorVariable+"="+string(config), floorVariable+"_LISTEN="+listen)
	command.Stderr = t.Output()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	servers.Eventually(t, "the floor to listen", func() bool {
		conn, err := net.Dial("tcp", listen)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
	return "http://" + listen
}
