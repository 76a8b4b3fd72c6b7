package media

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"grouprise.org/grouprise/internal/kit/errs"
)

// S3 says where a bucket of an S3-compatible store is.
type S3 struct {
	Endpoint  string // host:port
	Region    string // empty: the store's own
	Bucket    string // it exists already
	AccessKey string
	SecretKey string
	Insecure  bool // plain HTTP, for a store on the same machine
}

// Bucket is a Store in a bucket of an S3-compatible store.
type Bucket struct {
	client *minio.Client
	name   string
}

var _ Store = (*Bucket)(nil)

// OpenBucket returns the store in a bucket. It asks the network for nothing yet.
func OpenBucket(c S3) (*Bucket, error) {
	client, err := minio.New(c.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: !c.Insecure, Region: c.Region,
	})
	if err != nil {
		return nil, fmt.Errorf("open the bucket %s: %w", c.Bucket, err)
	}
	return &Bucket{client: client, name: c.Bucket}, nil
}

// Put implements Store. That the name is new is for the store to decide (If-None-Match), because two processes may
// write at once. To ask before spares the upload in the usual case, and is all there is where a store does not know the
// condition.
func (b *Bucket) Put(ctx context.Context, name string, r io.Reader) (size int64, err error) {
	_, err = b.client.StatObject(ctx, b.name, name, minio.StatObjectOptions{})
	if err == nil {
		return 0, exists(nil)
	}
	if err := translate("look for", name, err); !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	options := minio.PutObjectOptions{PartSize: 16 << 20}
	options.SetMatchETagExcept("*")
	info, err := b.client.PutObject(ctx, b.name, name, r, length(r), options)
	if err != nil {
		return 0, translate("store", name, err)
	}
	return info.Size, nil
}

// length returns how many bytes a reader has left, or -1 if only reading tells: then the upload takes more
// requests, and the memory of a part.
func length(r io.Reader) int64 {
	switch r := r.(type) {
	case interface{ Len() int }:
		return int64(r.Len())
	case io.Seeker:
		here, err := r.Seek(0, io.SeekCurrent)
		if err != nil {
			return -1
		}
		end, err := r.Seek(0, io.SeekEnd)
		if _, back := r.Seek(here, io.SeekStart); err != nil || back != nil {
			return -1
		}
		return end - here
	}
	return -1
}

// Open implements Store. Parts of the file are asked for as they are read.
func (b *Bucket) Open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	object, err := b.client.GetObject(ctx, b.name, name, minio.GetObjectOptions{})
	if err == nil {
		_, err = object.Stat()
	}
	if err != nil {
		return nil, translate("open", name, err)
	}
	return object, nil
}

// Remove implements Store.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	if err := b.client.RemoveObject(ctx, b.name, name, minio.RemoveObjectOptions{}); err != nil {
		return translate("remove", name, err)
	}
	return nil
}

// Each implements Store. What is in folders below is not the store's.
func (b *Bucket) Each(ctx context.Context, fn func(some []Listed) error) error {
	ctx, stop := context.WithCancel(ctx) // or else what lists goes on
	defer stop()
	some := make([]Listed, 0, listedAtOnce)
	for object := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{MaxKeys: listedAtOnce}) {
		if object.Err != nil {
			return translate("list", b.name, object.Err)
		}
		if !strings.HasSuffix(object.Key, "/") {
			some = append(some, Listed{Name: object.Key, ChangedAt: object.LastModified})
		}
		if len(some) == listedAtOnce {
			if err := fn(some); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	if err := ctx.Err(); err != nil || len(some) == 0 {
		return err
	}
	return fn(some)
}

// Ping implements Store.
func (b *Bucket) Ping(ctx context.Context) error {
	name := "ping-" + strings.ToLower(rand.Text())
	if _, err := b.Put(ctx, name, strings.NewReader("ping")); err != nil {
		return err
	}
	return b.Remove(ctx, name)
}

// Close implements io.Closer; there is nothing to give back.
func (b *Bucket) Close() error { return nil }

// translate says what an answer of the store means.
func translate(what, name string, err error) error {
	switch answer := minio.ToErrorResponse(err); {
	case answer.Code == minio.NoSuchKey: // some stores answer 404, too, if they do not know the bucket or who asks
		return errs.New(errs.NotFound, "This file does not exist.").Because(err)
	case answer.StatusCode == http.StatusPreconditionFailed, answer.StatusCode == http.StatusConflict:
		return exists(err)
	case answer.StatusCode >= http.StatusInternalServerError, answer.StatusCode == 0:
		return errs.New(errs.Unavailable, "The file storage isn’t responding at the moment. Please try again in a minute.").Because(fmt.Errorf("%s %s: %w", what, name, err))
	default:
		return fmt.Errorf("%s the file %s: %w", what, name, err)
	}
}
