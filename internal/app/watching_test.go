package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/reports"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/logs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbserver"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// figures returns what a house tells Prometheus, through the listener of a process.
func (h *House) figures(t *testing.T) string {
	t.Helper()
	_, body := h.askListener(t, "/metrics")
	return body
}

// askListener asks for a path at the listener for metrics.
func (h *House) askListener(t *testing.T, path string) (status int, body string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.measure(ctx, listener) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listener.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// busyTown is a town in which a little of everything has happened that is counted.
func busyTown(t *testing.T) *town {
	t.Helper()
	w := newTown(t)
	stranger := webtest.Visit(t, w.pages)
	stranger.Send("/stadt/login/", url.Values{"login": {"anna"}, "password": {"wrong"}}, false)
	stranger.Get("/stadt/nowhere/")
	stranger.Ask("PAY", "/anna/")
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", map[string][]string{"title": {"Wer gießt?"}, "text": {"x"}}, true)
	w.mails(t, "bert@example.org") // the jobs have run
	unknown := w.intake.Recipient(t.Context(), "anna@example.org", "nobody-here@example.org")
	if unknown == nil {
		t.Error("a mail for nobody is taken")
	}
	message := "From: anna@example.org\r\nTo: garten@example.org\r\nSubject: Samen\r\nMessage-ID: <1@x>\r\n\r\nWer hat welche?\r\n"
	for _, err := range w.intake.Deliver(t.Context(), lmtp.Envelope{ID: "1", From: "anna@example.org", Recipients: []string{"garten@example.org"}}, []byte(message)) {
		if err != nil {
			t.Error(err)
		}
	}
	w.log.Error("something is wrong")
	return w
}

func TestWhatAnAdministratorAsksIsCounted(t *testing.T) {
	t.Parallel()
	w := busyTown(t)
	figures := w.figures(t)
	for _, want := range []string{
		`grouprise_http_requests_total{code="404",method="GET",route="none"} 1`,
		`grouprise_http_requests_total{code="422",method="POST",route="/stadt/login/"} 1`,
		`grouprise_sign_ins_total{method="password",result="refused"} 1`,
		`grouprise_sign_ins_total{method="password",result="success"} 1`,
		`grouprise_deliveries_total{channel="email",result="sent"} 2`,
		`grouprise_mails_received_total{result="accepted"} 1`,
		`grouprise_mails_received_total{result="unknown"} 1`,
		`grouprise_queue_jobs{lane="urgent",state="waiting"} 0`,
		`grouprise_cases{kind="applications"} 0`,
		`grouprise_errors_total 1`,
		`grouprise_database_duration_seconds_count{operation="write"}`,
		`go_sql_open_connections{db_name="read"}`,
	} {
		if !strings.Contains(figures, want) {
			t.Errorf("there is no %s in\n%s", want, ofOurs(figures))
		}
	}
	for _, personal := range []string{"anna", "bert", "garten", "nowhere", "PAY", "@"} {
		if strings.Contains(strings.ToLower(ofOurs(figures)), strings.ToLower(personal)) {
			t.Errorf("the figures hold %q:\n%s", personal, ofOurs(figures))
		}
	}
	if status, body := w.askListener(t, site.ReadyPath); status != http.StatusOK || body != "ready\n" {
		t.Errorf("a process without pages answers %d %s", status, body)
	}
}

// ofOurs returns the lines with values of our own metrics.
func ofOurs(figures string) string {
	return strings.Join(regexp.MustCompile(`(?m)^grouprise_.*$`).FindAllString(figures, -1), "\n")
}

// exported returns the names and labels of our metrics, as the rooms declare them.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	h := buildHouse(t, "folder")
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		for _, c := range module.Gather(h.modules, func(m module.Module) []prometheus.Collector { return m.Metrics }) {
			c.Describe(descriptions)
		}
	}()
	parts := regexp.MustCompile(`fqName: "(\w+)".*constLabels: \{(.*?)\}, variableLabels: \{(.*?)\}`)
	all := map[string][]string{}
	for d := range descriptions {
		found := parts.FindStringSubmatch(d.String())
		if found == nil {
			t.Fatalf("a description is %s", d)
		}
		var labels []string
		for _, text := range found[2:] {
			for _, label := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
				name, _, _ := strings.Cut(label, "=")
				labels = append(labels, name)
			}
		}
		all[found[1]] = labels
	}
	return all
}

func TestEachMetricIsDescribedForAdministrators(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/administrators/watching.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(grouprise_\\w+)` \\|([^|]*)\\|").FindAllStringSubmatch(string(page), -1) {
		described[row[1]] = regexp.MustCompile(`\w+`).FindAllString(row[2], -1)
	}
	all := exported(t)
	for name, labels := range all {
		if !strings.HasPrefix(name, "grouprise_") {
			continue
		}
		said, ok := described[name]
		slices.Sort(said)
		slices.Sort(labels)
		if !ok || !slices.Equal(said, slices.Compact(labels)) {
			t.Errorf("%s with the labels %v is described with %v", name, labels, said)
		}
	}
	for name := range described {
		if _, ok := all[name]; !ok {
			t.Errorf("%s is described, and not there", name)
		}
	}
}

const monitoring = "../../packaging/monitoring"

// TestAlertsAndBoardAskForWhatThereIs looks for each metric and label that the alerts and the board name.
func TestAlertsAndBoardAskForWhatThereIs(t *testing.T) {
	t.Parallel()
	all := exported(t)
	rules, err := os.ReadFile(filepath.Join(monitoring, "grouprise.rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	board := readBoard(t)
	texts := map[string]string{"alerts": string(rules), "board": strings.Join(slices.Collect(maps.Values(board)), "\n")}
	histogram := regexp.MustCompile(`_(bucket|count|sum)$`)
	used := map[string]bool{}
	for where, text := range texts {
		for _, found := range regexp.MustCompile(`\b((?:grouprise|go_sql|process)_\w+)\b(?:\{([^}]*)\})?`).FindAllStringSubmatch(text, -1) {
			name := found[1]
			if _, ok := all[name]; !ok {
				name = histogram.ReplaceAllString(name, "")
			}
			labels, ok := all[name]
			if !ok && !strings.HasPrefix(name, "process_") { // what the process itself has depends on the system
				t.Errorf("%s: there is no %s", where, found[1])
				continue
			}
			used[name] = true
			for _, label := range regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`).FindAllStringSubmatch(found[2], -1) {
				if label[1] != "job" && !slices.Contains(labels, label[1]) {
					t.Errorf("%s: %s has no label %s", where, name, label[1])
				}
			}
		}
	}
	for name := range all {
		if strings.HasPrefix(name, "grouprise_") && !used[name] {
			t.Errorf("neither an alert nor the board shows %s", name)
		}
	}
}

// readBoard returns the queries of the board by panel, and checks that it is one.
func readBoard(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(monitoring, "grouprise.grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title  string `json:"title"`
		UID    string `json:"uid"`
		Panels []struct {
			ID      int    `json:"id"`
			Type    string `json:"type"`
			Title   string `json:"title"`
			Targets []struct {
				Expr  string `json:"expr"`
				RefID string `json:"refId"`
			} `json:"targets"`
			DataSource struct {
				UID string `json:"uid"`
			} `json:"datasource"`
			GridPos struct {
				X int `json:"x"`
				Y int `json:"y"`
				W int `json:"w"`
				H int `json:"h"`
			} `json:"gridPos"`
		} `json:"panels"`
		Templating struct {
			List []struct {
				Name string `json:"name"`
				Type string `json:"type"`
			} `json:"list"`
		} `json:"templating"`
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	if board.Title == "" || board.UID == "" || len(board.Templating.List) != 1 || board.Templating.List[0].Name != "datasource" {
		t.Errorf("the board is %+v", board)
	}
	queries, places, ids := map[string]string{}, map[[2]int]bool{}, map[int]bool{}
	for _, p := range board.Panels {
		place := [2]int{p.GridPos.X, p.GridPos.Y}
		if ids[p.ID] || places[place] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("the panel %s lies on another one", p.Title)
		}
		ids[p.ID], places[place] = true, true
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 || p.DataSource.UID != "${datasource}" || queries[p.Title] != "" {
			t.Errorf("the panel %s asks nothing, or asks somebody in particular", p.Title)
		}
		for _, target := range p.Targets {
			queries[p.Title] += target.Expr + "\n"
		}
	}
	return queries
}

// promtool runs the tool that Prometheus comes with.
func promtool(t *testing.T, input string, arguments ...string) string {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("promtool is missing: run the tests by scripts/test-servers")
		}
		t.Skip("promtool is not installed (scripts/test-servers installs it)")
	}
	command := exec.CommandContext(t.Context(), path, arguments...)
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return string(output)
}

func TestPrometheusUnderstandsMetricsAlertsAndTheGuide(t *testing.T) {
	t.Parallel()
	if problems := promtool(t, busyTown(t).figures(t), "check", "metrics"); problems != "" {
		t.Errorf("the metrics:\n%s", problems)
	}
	promtool(t, "", "check", "rules", filepath.Join(monitoring, "grouprise.rules.yaml"))
	promtool(t, "", "test", "rules", filepath.Join(monitoring, "grouprise.rules.test.yaml"))

	rules := "groups:\n- name: board\n  rules:\n" // as the queries of a board are checked
	for _, query := range readBoard(t) {
		for line := range strings.Lines(query) {
			line = regexp.MustCompile(`\$__(rate_interval|range)`).ReplaceAllString(strings.TrimSpace(line), "5m")
			rules += "  - record: x\n    expr: '" + strings.ReplaceAll(line, "'", "''") + "'\n"
		}
	}
	file := filepath.Join(t.TempDir(), "board.yaml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "check", "rules", "--lint=none", file)

	config := filepath.Join(t.TempDir(), "prometheus.yml")
	text := strings.ReplaceAll(guideBlock(t, "/etc/prometheus/prometheus.yml"), "/usr/share/doc/grouprise/monitoring", absolute(t, monitoring))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "check", "config", config)
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// guideBlock returns a block of the guide by its name.
func guideBlock(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/administrators/watching.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(page), "    # "+name+"\n")
	if !ok {
		t.Fatalf("the guide has no block %s", name)
	}
	block, _, _ = strings.Cut(block, "\n\n")
	return strings.ReplaceAll("\n"+block, "\n    ", "\n") + "\n"
}

func TestTheOptionsOfTheGuideAreRight(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "watching.yaml")
	if err := os.WriteFile(file, []byte(guideBlock(t, "/etc/grouprise/conf.d/watching.yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	o, _, err := options.Load(options.Sources([]string{"GROUPRISE_CONFIG=" + file, "GROUPRISE_DATA_PATH=" + t.TempDir()}))
	if err != nil || o.MetricsListen != "localhost:9090" {
		t.Errorf("metrics are shown at %q, %v", o.MetricsListen, err)
	}
	if !strings.Contains(guideBlock(t, "what an error page was about"), "journalctl --unit 'grouprise*' --grep NUMBER") {
		t.Error("the guide says otherwise how to find an error")
	}
}

// awaitReadiness asks whether the site is ready until it answers with a status, or for half a minute: an answer holds for a
// second.
func awaitReadiness(v *webtest.Visitor, status int) {
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if v.Get(site.ReadyPath); v.Page.Status == status || time.Now().After(end) {
			return
		}
	}
}

// TestReadinessTellsEachPartThatIsAway takes away the database, the media and the queue of a site.
func TestReadinessTellsEachPartThatIsAway(t *testing.T) {
	t.Parallel()
	for part, takeAway := range map[string]func(*House) error{
		"database": func(h *House) error { return h.db.Close() },
		"media":    func(h *House) error { return errors.Join(h.media.Close(), os.RemoveAll(h.options.MediaRoot)) },
		"queue": func(h *House) error {
			return h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), `ALTER TABLE jobs RENAME TO jobs_elsewhere`)
				return err
			})
		},
	} {
		w := newTown(t)
		v := webtest.Visit(t, w.pages)
		v.Get(site.ReadyPath)
		v.Sees(http.StatusOK, "ready")
		if err := takeAway(w.House); err != nil {
			t.Fatal(err)
		}
		awaitReadiness(v, http.StatusServiceUnavailable)
		missing := regexp.MustCompile(`(?m)^(\w+): (?:cannot be reached|does not)`).FindAllStringSubmatch(v.Page.Body, -1)
		if v.Page.Status != http.StatusServiceUnavailable || len(missing) == 0 || !slices.ContainsFunc(missing, func(m []string) bool { return m[1] == part }) {
			t.Errorf("without %s it answers %d\n%s", part, v.Page.Status, v.Page.Body)
		}
		if part != "database" && len(missing) != 1 { // the queue is in the database
			t.Errorf("without %s it misses\n%s", part, v.Page.Body)
		}
		if strings.Contains(v.Page.Body, w.options.DataPath) || strings.Contains(v.Page.Body, "sql") {
			t.Errorf("it tells strangers\n%s", v.Page.Body)
		}
	}
}

// TestReadinessOnAServerThatStops is the same on a real server, which comes back.
func TestReadinessOnAServerThatStops(t *testing.T) {
	t.Parallel()
	if os.Getenv("GROUPRISE_TEST_POSTGRESQL") == "" && os.Getenv("CI") != "true" {
		t.Skip("runs with the tests on servers (scripts/test-servers)")
	}
	server, err := dbserver.PostgreSQL()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	c := server.Config("postgres")
	h := preparedHouse(t, func(o *options.Options) {
		o.Database = options.Database{Engine: c.Engine, Name: c.Name, Host: c.Host, Port: c.Port, User: c.User, Password: c.Password}
	})
	if err := h.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := webtest.Visit(t, h.pages)
	ask := func(status int) string { awaitReadiness(v, status); return v.Page.Body }
	if got := ask(http.StatusOK); got != "ready\n" {
		t.Fatalf("at first it answers %s", got)
	}
	server.Kill()
	if got := ask(http.StatusServiceUnavailable); got != "not ready\ndatabase: cannot be reached\nmedia: ready\nqueue: cannot be reached\n" || v.Page.Status != http.StatusServiceUnavailable {
		t.Errorf("without a database it answers %d\n%s", v.Page.Status, got)
	}
	if figures := h.figures(t); !strings.Contains(figures, "grouprise_build_info") || strings.Contains(figures, "grouprise_queue_jobs{") {
		t.Errorf("without a database the figures are\n%s", ofOurs(figures))
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if got := ask(http.StatusOK); got != "ready\n" {
		t.Errorf("with its database again it answers %s", got)
	}
}

// TestNothingSecretIsLogged has people type what nobody should read, and looks for it in the log at its most talkative.
func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		var log bytes.Buffer
		w := loggedTown(t, logs.New(&log, logs.Options{Level: "debug", Format: format}))
		v := webtest.Visit(t, w.pages)
		v.Send("/stadt/login/", url.Values{"login": {"anna"}, "password": {"geheimes-passwort"}}, false)
		v.Send("/stadt/signup/", url.Values{"email": {"neu@example.org"}, "password": {"geheimes-passwort-2"}, "username": {"neuling"}}, false)
		v.Get("/stadt/search/?q=geheime-suche")
		v.Get("/stadt/password/reset/key/geheimerschluessel/")
		v.Get("/stadt/confirm/geheimerschluessel/")
		v.Get("/stadt/nowhere/?token=geheimes-zeichen")
		anna := webtest.Visit(t, w.pages)
		anna.Get("/stadt/login/")
		anna.Submit("password", map[string]string{"login": "anna", "password": cast.Password})
		anna.Send("/garten/articles/add/", map[string][]string{"title": {"Geheimer Titel"}, "text": {"geheimer-text"}}, true)
		message := "From: anna@example.org\r\nTo: garten@example.org\r\nSubject: geheimer-betreff\r\nMessage-ID: <1@x>\r\n\r\ngeheime-mail\r\n"
		w.intake.Deliver(t.Context(), lmtp.Envelope{ID: "1", From: "anna@example.org", Recipients: []string{"garten@example.org"}}, []byte(message))
		w.mails(t, "bert@example.org")
		if !strings.Contains(log.String(), "/stadt/login") {
			t.Errorf("nothing is logged:\n%s", &log)
		}
		for _, secret := range append(cookies(anna), "geheim", "neu@example.org") {
			for line := range strings.Lines(log.String()) {
				if strings.Contains(strings.ToLower(line), strings.ToLower(secret)) && !strings.Contains(line, "/garten/geheimer-titel") { // an address, as any other
					t.Errorf("%s stands in the log: %s", secret, line)
				}
			}
		}
	}
}

// cookies returns what a browser keeps of the site.
func cookies(v *webtest.Visitor) (values []string) {
	for pair := range strings.SplitSeq(v.Cookies(), "; ") {
		if _, value, _ := strings.Cut(pair, "="); len(value) > 8 {
			values = append(values, value)
		}
	}
	return values
}

// loggedTown is a town with a log.
func loggedTown(t *testing.T, log *slog.Logger) *town {
	t.Helper()
	w := newTown(t)
	h, err := Build(t.Context(), w.options, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	w.House = h
	return w
}

// TestErrorsReachAdministratorsOnce has pages, jobs and panics fail in two processes of one site.
func TestErrorsReachAdministratorsOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	other, err := Build(t.Context(), w.options, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	for _, h := range []*House{w.House, other} {
		for range 50 {
			h.log.Error("a page failed", "route", "/{entity}", "path", "/anna/", "err", errors.New(`no such column "mood" of bert@example.org`))
		}
		func() {
			defer func() { h.log.Error("a job panicked", "kind", "a.job", "panic", recover()) }()
			panic("broken for carla@example.org")
		}()
		h.log.Warn("a page could not be made")
		// What is about the report itself goes to the log alone.
		h.log.Error("a job is dead", "kind", reports.JobMail, "error", errors.New("refused"))
		h.log.Error("a job panicked", "kind", reports.Job, "panic", "x")
		h.log.Error("lmtp refused a message", "error", logs.Told(errors.New("told otherwise")))
		h.runReports(t)
	}
	w.report(t)
	w.report(t)
	got := w.mails(t, "demo-admin@example.org")
	if len(got) != 1 {
		t.Fatalf("%d mails come", len(got))
	}
	text := strings.Join(strings.Fields(got[0].Text), " ")
	for _, want := range []string{"100 × a page failed: /{entity}", `no such column "…" of …@…`, "2 × a job panicked: a.job, in app.TestErrorsReachAdministratorsOnce", "panic: broken for …@…"} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail does not say %q:\n%s", want, got[0].Text)
		}
	}
	for _, not := range []string{"/anna/", "bert@", "carla@", "reports.", "told otherwise", "could not be made"} {
		if strings.Contains(text, not) {
			t.Errorf("the mail says %q:\n%s", not, got[0].Text)
		}
	}
}

// runReports lets a process write down what it has counted, as at its end.
func (h *House) runReports(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := h.reports.Run(ctx, h.watch.Faults); err != nil {
		t.Error(err)
	}
}

// TestAReportThatCannotBeSentIsNotReported lets the mails of reports fail for good.
func TestAReportThatCannotBeSentIsNotReported(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.log.Error("something is wrong")
	w.runReports(t)
	w.report(t)
	if err := os.RemoveAll(w.outbox); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.outbox, nil, 0o600); err != nil { // nothing can be put into a file
		t.Fatal(err)
	}
	for range 40 {
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE jobs SET state = 'waiting', run_at = ? WHERE state = 'later'`, tx.Now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		_ = w.queue.Drain(t.Context()) // it fails, which is the point
	}
	counts, err := w.queue.CountsByKind(t.Context())
	if err != nil || !slices.ContainsFunc(counts, func(k queue.KindCounts) bool { return k.Kind == reports.JobMail && k.Dead > 0 }) {
		t.Fatalf("the report did not fail: %+v, %v", counts, err)
	}
	w.runReports(t)
	var incidents int
	if err := w.db.Get(t.Context(), &incidents, `SELECT COUNT(*) FROM incidents`); err != nil || incidents != 0 {
		t.Errorf("%d incidents are noted, %v", incidents, err)
	}
}

// TestErrorsReachASentryServer lets a page fail whose defect names somebody.
func TestErrorsReachASentryServer(t *testing.T) {
	t.Parallel()
	bodies := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		bodies <- string(body)
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	w := newTown(t, "GROUPRISE_SENTRY_DSN="+strings.Replace(server.URL, "://", "://key@", 1)+"/3", "GROUPRISE_SENTRY_INIT_OPTIONS={environment: trial}")
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `ALTER TABLE contents RENAME TO contents_elsewhere`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	v := webtest.Visit(t, w.pages)
	v.Get("/garten/")
	v.Sees(http.StatusInternalServerError)
	select {
	case body := <-bodies:
		for _, want := range []string{"a page failed: /{", `"environment":"trial"`, `"release":"grouprise@`} {
			if !strings.Contains(body, want) {
				t.Errorf("the event does not say %s:\n%s", want, body)
			}
		}
		if strings.Contains(body, "garten") {
			t.Errorf("the event names a group:\n%s", body)
		}
	case <-time.After(time.Minute):
		t.Fatal("no event comes")
	}
}
