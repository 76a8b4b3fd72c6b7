package servers

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/testkit/mediatest"
)

// S3 is an S3-compatible store that keeps its buckets in a folder: the Versity gateway, which `make e2e` builds.
type S3 struct {
	Bucket mediatest.S3 // how to reach the bucket
	Folder string       // where its files are

	stop func()
}

// StartS3 starts a private store with one empty bucket.
func StartS3(t testing.TB, bucket string) *S3 {
	t.Helper()
	program, err := filepath.Abs(filepath.Join("..", "..", ".cache", "bin", "versitygw"))
	if err == nil {
		_, err = os.Stat(program)
	}
	if err != nil {
		t.Fatalf("%v (make .cache/bin/versitygw makes it)", err)
	}
	top := t.TempDir()
	folder, meta := filepath.Join(top, "buckets", bucket), filepath.Join(top, "meta")
	if err := errors.Join(os.MkdirAll(folder, 0o750), os.MkdirAll(meta, 0o750)); err != nil {
		t.Fatal(err)
	}
	s := &S3{Folder: folder, Bucket: mediatest.S3{
		Endpoint: FreeAddress(t), Region: "us-east-1", Bucket: bucket, AccessKey: "stadt", SecretKey: "a secret for tests only", Insecure: true,
	}}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program,
		"--quiet", "--port", s.Bucket.Endpoint, "--access", s.Bucket.AccessKey, "--secret", s.Bucket.SecretKey,
		"posix", "--sidecar", meta, filepath.Dir(folder))
	command.Stdout, command.Stderr = t.Output(), t.Output()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	s.stop = sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it says that it was killed
	})
	t.Cleanup(s.stop)
	Eventually(t, "the store of files to listen", func() bool {
		connection, err := net.DialTimeout("tcp", s.Bucket.Endpoint, time.Second)
		return err == nil && connection.Close() == nil
	})
	return s
}

// Stop ends the store as kill -9 does. Stopping twice is no error.
func (s *S3) Stop() { s.stop() }
