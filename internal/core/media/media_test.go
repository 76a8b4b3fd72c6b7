package media_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/testkit/mediatest"
)

func openFolder(t *testing.T) (*media.Folder, string) {
	t.Helper()
	path := t.TempDir() + "/media"
	f, err := media.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, path
}

// fakeS3 answers as a bucket of an S3-compatible store does to what package media asks. The black-box tests ask a real
// one.
type fakeS3 struct {
	mu      sync.Mutex
	files   map[string][]byte
	changed map[string]time.Time // if not now
}

func (f *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := strings.TrimPrefix(r.URL.Path, "/stadt/")
	file, known := f.files[name]
	upload := r.URL.Query().Get("uploadId")
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Get("list-type") == "2":
		f.list(w, r.URL.Query())
	case r.Method == http.MethodPost && upload == "":
		_, _ = io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
	case known && r.Header.Get("If-None-Match") == "*":
		w.WriteHeader(http.StatusPreconditionFailed)
	case r.Method == http.MethodPost:
		var whole []byte
		for part := 1; f.files[name+" "+strconv.Itoa(part)] != nil; part++ {
			whole = append(whole, f.files[name+" "+strconv.Itoa(part)]...)
			delete(f.files, name+" "+strconv.Itoa(part))
		}
		f.files[name] = whole
		_, _ = io.WriteString(w, `<CompleteMultipartUploadResult><Bucket>stadt</Bucket><ETag>"1"</ETag></CompleteMultipartUploadResult>`)
	case r.Method == http.MethodDelete && upload != "":
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPut:
		if upload != "" {
			name += " " + r.URL.Query().Get("partNumber")
		}
		body, err := unchunk(r.Body)
		if err != nil || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=key/") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		f.files[name] = body
		w.Header().Set("ETag", `"1"`)
	case r.Method == http.MethodDelete:
		delete(f.files, name)
		w.WriteHeader(http.StatusNoContent)
	case !known:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<Error><Code>NoSuchKey</Code></Error>")
	default:
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Nov 2026 10:00:00 GMT")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
	}
}

// list answers with the names from the one on that the query continues at.
func (f *fakeS3) list(w io.Writer, query url.Values) {
	limit, _ := strconv.Atoi(query.Get("max-keys"))
	names := slices.Sorted(maps.Keys(f.files))
	at, _ := slices.BinarySearch(names, query.Get("continuation-token"))
	names = names[at:]
	rest := ""
	if limit > 0 && len(names) > limit {
		rest, names = names[limit], names[:limit]
	}
	_, _ = fmt.Fprintf(w, "<ListBucketResult><IsTruncated>%t</IsTruncated><NextContinuationToken>%s</NextContinuationToken>", rest != "", rest)
	for _, name := range names {
		changed, known := f.changed[name]
		if !known {
			changed = time.Now()
		}
		_, _ = fmt.Fprintf(w, "<Contents><Key>%s</Key><LastModified>%s</LastModified><Size>1</Size></Contents>", name, changed.UTC().Format(time.RFC3339))
	}
	_, _ = io.WriteString(w, "</ListBucketResult>")
}

// unchunk takes the signed chunks of an upload apart: "5;chunk-signature=…", a line end, five bytes.
func unchunk(r io.Reader) ([]byte, error) {
	var body []byte
	for lines := bufio.NewReader(r); ; {
		head, err := lines.ReadString('\n')
		if err != nil {
			return nil, err
		}
		digits, _, _ := strings.Cut(strings.TrimSpace(head), ";")
		size, err := strconv.ParseInt(digits, 16, 32)
		if err != nil || size == 0 {
			return body, err
		}
		chunk := make([]byte, size+2)
		if _, err := io.ReadFull(lines, chunk); err != nil {
			return nil, err
		}
		body = append(body, chunk[:size]...)
	}
}

func openBucket(t *testing.T) *media.Bucket {
	t.Helper()
	return openBucketOf(t, &fakeS3{files: map[string][]byte{}})
}

func openBucketOf(t *testing.T, s3 *fakeS3) *media.Bucket {
	t.Helper()
	server := httptest.NewServer(s3)
	t.Cleanup(server.Close)
	b, err := media.OpenBucket(media.S3{
		Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: "stadt", Region: "us-east-1", AccessKey: "key", SecretKey: "secret", Insecure: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStoresKeepWhatTheyPromise(t *testing.T) {
	t.Parallel()
	folder, path := openFolder(t)
	for name, store := range map[string]media.Store{"folder": folder, "bucket": openBucket(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mediatest.TestStore(t, store)
			if left, err := os.ReadDir(path); name == "folder" && (err != nil || len(left) != 0) {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestABucketThatDoesNotAnswerIsUnavailable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	b, err := media.OpenBucket(media.S3{
		Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: "stadt", Region: "us-east-1", AccessKey: "key", SecretKey: "secret", Insecure: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := b.Ping(ctx); !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v", err)
	}
}

type broken struct{}

var errCable = errors.New("cable pulled")

func (broken) Read([]byte) (int, error) { return 0, errCable }

func TestFolderKeepsNothingOfABrokenUpload(t *testing.T) {
	t.Parallel()
	f, path := openFolder(t)
	if _, err := f.Put(t.Context(), "a.txt", io.MultiReader(strings.NewReader("half"), broken{})); !errors.Is(err, errCable) {
		t.Errorf("a broken upload: %v", err)
	}
	if left, err := os.ReadDir(path); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFolderCannotBeLeft(t *testing.T) {
	t.Parallel()
	f, _ := openFolder(t)
	for _, name := range []string{"../a", "/etc/passwd", "a/../../b"} {
		if _, err := f.Put(t.Context(), name, strings.NewReader("x")); err == nil {
			t.Errorf("put %q", name)
		}
		if _, err := f.Open(t.Context(), name); err == nil {
			t.Errorf("opened %q", name)
		}
	}
}

func TestNewNameKeepsOnlyAHarmlessExtension(t *testing.T) {
	t.Parallel()
	for original, ext := range map[string]string{
		"Photo.JPG": ".jpg", "a.tar.gz": ".gz", "README": "", "x.": "", "a.b c": "", "a.exe/../b": "", "a.thisistoolong": "", "ü.pdf": ".pdf", ".": "",
	} {
		name := media.NewName(original)
		if !strings.HasSuffix(name, ext) || len(name) != 26+len(ext) {
			t.Errorf("%q became %q", original, name)
		}
		if media.NewName(original) == name {
			t.Errorf("%q got the same name twice", original)
		}
	}
}
