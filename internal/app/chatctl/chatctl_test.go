package chatctl_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/chatctl"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/config"
)

const secret = "geheim" // #nosec G101 -- of a server in this test

// newSynapse starts what of Synapse registers accounts. It takes each name once.
func newSynapse(t *testing.T) string {
	t.Helper()
	taken := map[string]bool{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_synapse/admin/v1/register", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"nonce": "n"}`)) })
	mux.HandleFunc("POST /_synapse/admin/v1/register", func(w http.ResponseWriter, r *http.Request) {
		var b struct {
			Nonce    string `json:"nonce"`
			Username string `json:"username"`
			Password string `json:"password"`
			Admin    bool   `json:"admin"`
			Mac      string `json:"mac"`
		}
		_ = json.NewDecoder(r.Body).Decode(&b)
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write([]byte(strings.Join([]string{b.Nonce, b.Username, b.Password, "admin"}, "\x00")))
		switch {
		case b.Nonce != "n" || !b.Admin || b.Mac != hex.EncodeToString(mac.Sum(nil)):
			http.Error(w, `{"error": "HMAC incorrect"}`, http.StatusForbidden)
		case taken[b.Username]:
			http.Error(w, `{"error": "User ID already taken."}`, http.StatusBadRequest)
		default:
			taken[b.Username] = true
			_, _ = w.Write([]byte(`{"access_token": "syt_` + b.Username + `"}`))
		}
	})
	mux.HandleFunc("GET /_matrix/client/v3/account/whoami", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer syt_")
		_, _ = w.Write([]byte(`{"user_id": "@` + name + `:chat.example.org"}`))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func load(t *testing.T, environ ...string) *options.Options {
	t.Helper()
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: append(environ, "GROUPRISE_DATA_PATH="+t.TempDir(), "GROUPRISE_DOMAIN=stadt.example",
		"GROUPRISE_MATRIX_CHAT_DOMAIN=chat.example.org", "GROUPRISE_MATRIX_CHAT_HOMESERVER_URL=http://localhost:8118")})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheBotIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	api := newSynapse(t)
	r := chatctl.Registration{
		API: api, Synapse: []string{"/nowhere", filepath.Dir(write(t, "a.yaml", "registration_shared_secret: '"+secret+"' # ours\n"))},
		File: write(t, "chat.yaml", "matrix_chat:\n  enabled: true  # since May\n"),
	}
	var said bytes.Buffer
	if err := r.Run(t.Context(), load(t), &said); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.File)
	want := "matrix_chat:\n  enabled: true  # since May\n  admin_api_url: \"" + api + "\"\n  bot_username: grouprise-bot\n  bot_access_token: syt_grouprise-bot\n"
	if err != nil || string(text) != want {
		t.Errorf("%v: the file says\n%s\nwant\n%s", err, text, want)
	}
	said.Reset()
	if err := r.Run(t.Context(), load(t, "GROUPRISE_MATRIX_CHAT_BOT_ACCESS_TOKEN=syt_grouprise-bot"), &said); err != nil || !strings.Contains(said.String(), "registered already") {
		t.Errorf("the second time it says %q, %v", said.String(), err)
	}
	if err := r.Run(t.Context(), load(t), &said); err == nil || !strings.Contains(err.Error(), "--bot-username") {
		t.Errorf("the name is taken, and it says %v", err)
	}
	said.Reset()
	r.Username, r.PrintOnly = "another", true
	if err := r.Run(t.Context(), load(t), &said); err != nil || !strings.Contains(said.String(), `bot_access_token: syt_another`) {
		t.Errorf("it prints %q, %v", said.String(), err)
	}
	if after, err := os.ReadFile(r.File); err != nil || !bytes.Equal(after, text) {
		t.Errorf("what is printed only was written: %s, %v", after, err)
	}
}

func TestTheCodeSaysWhyTheBotIsNotRegistered(t *testing.T) {
	t.Parallel()
	api, file := newSynapse(t), write(t, "chat.yaml", "matrix_chat: [enabled]\n")
	known := write(t, "homeserver.yaml", "registration_shared_secret: "+secret+"\n")
	for name, c := range map[string]struct {
		registration chatctl.Registration
		code         int
	}{
		"a file that is not there":  {chatctl.Registration{API: api, Synapse: []string{known}, File: "/nowhere/chat.yaml"}, 1},
		"a folder":                  {chatctl.Registration{API: api, Synapse: []string{known}, File: t.TempDir()}, 1},
		"a file of another form":    {chatctl.Registration{API: api, Synapse: []string{known}, File: file}, 4},
		"another secret":            {chatctl.Registration{API: api, Synapse: []string{write(t, "x.yaml", "registration_shared_secret: falsch\n")}, File: file}, 10},
		"no secret":                 {chatctl.Registration{API: api, Synapse: []string{"/nowhere"}, File: file}, 10},
		"a homeserver that is away": {chatctl.Registration{API: "http://127.0.0.1:1", Synapse: []string{known}, File: file}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.registration.Run(t.Context(), load(t), new(bytes.Buffer))
			failed, ok := errors.AsType[*chatctl.FailureError](err)
			if !ok || failed.Code != c.code {
				t.Errorf("it ends with %v, want the code %d", err, c.code)
			}
		})
	}
}

func TestCommandsSayWhatIsStillToCome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rooms []chat.Status
		want  string
	}{
		"nothing":     {[]chat.Status{{Slug: "garten"}}, ""},
		"rooms":       {[]chat.Status{{Slug: "garten", Waits: true}, {Slug: "chor", Waits: true}}, "2 rooms wait for the task runner or the homeserver, and follow when these are there.\n"},
		"invitations": {[]chat.Status{{Slug: "garten", Asking: 3}, {Slug: "chor", Asking: 4}}, "7 invitations are still to be sent. They follow as fast as the homeserver takes them.\n"},
	} {
		var said bytes.Buffer
		if err := chatctl.PrintWaiting(&said, c.rooms); err != nil || said.String() != c.want {
			t.Errorf("%s: it says %q, %v", name, said.String(), err)
		}
	}
}

func TestSynapseIsToldWhatItNeeds(t *testing.T) {
	t.Parallel()
	got := chatctl.SynapseConfiguration(load(t))
	for _, want := range []string{"enable_registration: false\n", `public_baseurl: "https://chat.example.org/"`, `user_id: "@grouprise-bot:chat.example.org"`, "port: 8118,"} {
		if !strings.Contains(got, want) {
			t.Errorf("nothing says %q:\n%s", want, got)
		}
	}
	if text := chatctl.SynapseConfiguration(load(t, "GROUPRISE_MATRIX_CHAT_HOMESERVER_URL=https://chat.example.org")); strings.Contains(text, "listeners") {
		t.Errorf("a homeserver elsewhere is told where to listen:\n%s", text)
	}
}
