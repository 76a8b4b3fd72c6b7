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

// serveFloor is the bare handler. It answers /?queries=Q&bytes=B: it finds Q rows by their keys, one after
// the other, and writes B bytes.
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
			var row struct {
				ID   int64  `db:"id"`
				Slug string `db:"slug"`
				Name string `db:"name"`
			}
			if err := db.Get(r.Context(), &row, `SELECT id, slug, name FROM entities WHERE id = ?`, i+1); err != nil {
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
