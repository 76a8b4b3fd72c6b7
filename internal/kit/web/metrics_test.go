package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"grouprise.org/grouprise/internal/kit/web"
)

// counting is a front whose handler matches one route.
func counting(m *web.Metrics) http.Handler {
	return web.Front{Hosts: []string{"example.org"}, Metrics: m}.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/g/") {
			web.RecordOf(r.Context()).Route = "/g/{name}"
			return
		}
		http.NotFound(w, r)
	}))
}

func TestRequestsAreCountedByTheirPattern(t *testing.T) {
	t.Parallel()
	m := web.NewMetrics()
	h := counting(m)
	for _, request := range []string{"GET http://example.org/g/anna", "GET http://example.org/g/bert", "POST http://example.org/g/anna", "BREW http://example.org/x", "PAY http://example.org/x", "GET http://foreign.example/g/anna"} {
		method, address, _ := strings.Cut(request, " ")
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, address, nil))
	}
	err := testutil.CollectAndCompare(m, strings.NewReader(`
# HELP grouprise_http_requests_in_flight Requests that are being answered.
# TYPE grouprise_http_requests_in_flight gauge
grouprise_http_requests_in_flight 0
# HELP grouprise_http_requests_total Requests that were answered, by method, pattern of the route and status.
# TYPE grouprise_http_requests_total counter
grouprise_http_requests_total{code="200",method="GET",route="/g/{name}"} 2
grouprise_http_requests_total{code="200",method="POST",route="/g/{name}"} 1
grouprise_http_requests_total{code="404",method="other",route="none"} 2
grouprise_http_requests_total{code="400",method="GET",route="none"} 1
`), "grouprise_http_requests_total", "grouprise_http_requests_in_flight")
	if err != nil {
		t.Error(err)
	}
}

// TestCountingARequestAllocatesLittle compares a request that is counted with one that is not.
func TestCountingARequestAllocatesLittle(t *testing.T) {
	counted := func(m *web.Metrics) float64 {
		h, r := counting(m), httptest.NewRequest(http.MethodGet, "http://example.org/g/anna", nil)
		return testing.AllocsPerRun(200, func() { h.ServeHTTP(httptest.NewRecorder(), r) })
	}
	without, with := counted(nil), counted(web.NewMetrics())
	if with > without {
		t.Errorf("a request allocates %v times, and %v times if it is counted", without, with)
	}
}

func BenchmarkRequest(b *testing.B) {
	for name, m := range map[string]*web.Metrics{"uncounted": nil, "counted": web.NewMetrics()} {
		b.Run(name, func(b *testing.B) {
			h, r := counting(m), httptest.NewRequest(http.MethodGet, "http://example.org/g/anna", nil)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
