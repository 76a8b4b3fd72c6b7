package matrix_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
)

func TestFilesAreDownloadedUpToALimit(t *testing.T) {
	t.Parallel()
	encrypt := func(text string) (data []byte, secret *event.EncryptedFileInfo) {
		f := attachment.NewEncryptedFile()
		data = []byte(text)
		f.EncryptInPlace(data)
		keys, err := json.Marshal(f)
		if err == nil {
			err = json.Unmarshal(keys, &secret) // as it comes with an event
		}
		if err != nil {
			t.Fatal(err)
		}
		return data, secret
	}
	hidden, secret := encrypt("our plan")
	_, other := encrypt("something else")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const folder = "/_matrix/client/v1/media/download/else.example/"
		switch {
		case r.Header.Get("Authorization") != "Bearer token":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"errcode":"M_MISSING_TOKEN"}`))
		case r.URL.Path == folder+"plain":
			_, _ = w.Write([]byte("our plan"))
		case r.URL.Path == folder+"hidden":
			_, _ = w.Write(hidden)
		case r.URL.Path == folder+"unreachable":
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(`{"errcode":"M_UNKNOWN","error":"Failed to fetch remote media"}`))
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"errcode":"M_NOT_FOUND"}`))
		}
	}))
	t.Cleanup(server.Close)
	noted := func(_ context.Context, problem error) {
		if problem != nil {
			t.Errorf("the server is believed to be away: %v", problem)
		}
	}
	c, err := matrix.New(matrix.Config{URL: server.URL, User: "@bot:chat.example", Token: "token", Noted: noted})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file matrix.File
		most int64
		want string
		kind errs.Kind
	}{
		"a file":                        {matrix.File{Address: "mxc://else.example/plain"}, 8, "our plan", 0},
		"one that is encrypted":         {matrix.File{Address: "mxc://else.example/hidden", Secret: secret}, 8, "our plan", 0},
		"one with another key":          {matrix.File{Address: "mxc://else.example/hidden", Secret: other}, 8, "", errs.Invalid},
		"one that is larger":            {matrix.File{Address: "mxc://else.example/plain"}, 7, "", errs.TooLarge},
		"one that is said to be larger": {matrix.File{Address: "mxc://else.example/none", Size: 9}, 8, "", errs.TooLarge},
		"one that is not there":         {matrix.File{Address: "mxc://else.example/none"}, 8, "", errs.NotFound},
		"one of a server that is away":  {matrix.File{Address: "mxc://else.example/unreachable"}, 8, "", errs.Unavailable},
		"an address elsewhere":          {matrix.File{Address: "https://else.example/plain"}, 8, "", errs.NotFound},
		"no address":                    {matrix.File{}, 8, "", errs.NotFound},
	} {
		data, err := c.Download(t.Context(), test.file, test.most)
		if string(data) != test.want || (err == nil) != (test.want != "") || err != nil && !errs.Is(err, test.kind) {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
}
