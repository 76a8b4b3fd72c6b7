package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"filippo.io/age"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Make writes a backup of the site to w, encrypted if there are recipients, and proves it: what is written is restored
// into a scratch database before it is encrypted, and every row and file compared. The bytes of files are in it. An error says
// that it is no backup, whatever was written.
func (s Site) Make(ctx context.Context, w io.Writer, recipients []age.Recipient) (Restored, error) {
	return s.makeBeside(ctx, w, recipients, nil)
}

func (s Site) makeBeside(ctx context.Context, w io.Writer, recipients []age.Recipient, beside *besides) (made Restored, err error) {
	in, err := s.newScratch(ctx)
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	out, err := encrypt(w, recipients)
	if err != nil {
		return made, err
	}
	tee := newRelay()
	var working sync.WaitGroup
	var proof error
	working.Go(func() {
		made, proof = s.prove(ctx, tee, in, Restoring{}, false)
		if proof != nil {
			proof = fmt.Errorf("the backup cannot be restored: %w", proof)
		}
		tee.stop(proof)
	})
	err = s.write(ctx, io.MultiWriter(out, tee), in, beside) // the reason of the proof, if that has failed
	tee.end(err)
	working.Wait()
	if err == nil {
		err = proof
	}
	if err == nil {
		err = out.Close()
	}
	return made, err
}

// write writes an archive.
func (s Site) write(ctx context.Context, to io.Writer, in *scratch, beside *besides) error {
	now := s.DB.Now().Time
	w, err := newWriter(to, now)
	if err != nil {
		return err
	}
	defer w.packer.Close()
	err = s.DB.Snapshot(ctx, func(snapshot *sqldb.Snapshot) error {
		head, err := s.head(ctx, snapshot, in, now)
		if err != nil {
			return err
		}
		if err := w.head(head); err != nil {
			return err
		}
		return w.tables(ctx, snapshot, head.Tables)
	})
	if err != nil {
		return err
	}
	if s.Media != nil {
		err = w.files(ctx, s.Media, beside)
	} else {
		w.manifest.Files = (&tally{}).result("files")
	}
	if err != nil {
		return err
	}
	if s.Config != nil {
		files, err := s.Config()
		if err != nil {
			return fmt.Errorf("read the configuration: %w", err)
		}
		if err := w.configuration(files); err != nil {
			return err
		}
	}
	return w.close()
}

// head says what the archive will hold: the tables that the migrations make, but for those that are worked out anew.
func (s Site) head(ctx context.Context, snapshot *sqldb.Snapshot, in *scratch, now time.Time) (Head, error) {
	version, checksums, err := snapshot.Migrations(ctx)
	if err != nil {
		return Head{}, err
	}
	head := Head{Format: format, Program: s.Program, Site: s.Domain, Engine: s.DB.Engine(), Version: version, Migrations: checksums, MadeAt: now.UTC(), LeftOut: s.Derived}
	if err := s.checkVersion(head); err != nil {
		return head, err
	}
	if err := sqldb.MigrateTo(ctx, in.db, s.Schema, version, checksums); err != nil {
		return head, err
	}
	var known []string
	err = in.db.Snapshot(ctx, func(there *sqldb.Snapshot) error {
		all, err := there.Tables(ctx)
		for _, t := range all {
			known = append(known, t.Name)
		}
		return err
	})
	if err != nil {
		return head, err
	}
	all, err := snapshot.Tables(ctx)
	for _, t := range all { // migrations leave columns in an order of each engine, and equal rows are equal lines
		slices.SortFunc(t.Columns, func(a, b sqldb.Column) int { return strings.Compare(a.Name, b.Name) })
	}
	head.Tables = slices.DeleteFunc(all, func(t sqldb.Table) bool {
		return !slices.Contains(known, t.Name) || slices.Contains(s.Derived, t.Name)
	})
	return head, err
}

// relay hands on what is written, some of it ahead of the reader, so that both work at the same time. What is written
// after the reader has stopped fails with the reader's error.
type relay struct {
	blocks  chan []byte
	free    chan []byte // blocks that have been read
	block   []byte      // of which current is the rest
	current []byte
	stopped chan struct{}
	why     error // why the reader has stopped; set before stopped is closed
	ended   error // how the writing ended; set before blocks is closed
}

const (
	blocksAhead = 8
	blockSize   = 128 << 10
)

func newRelay() *relay {
	return &relay{blocks: make(chan []byte, blocksAhead), free: make(chan []byte, blocksAhead), stopped: make(chan struct{})}
}

// Write implements io.Writer.
func (r *relay) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		part := p[:min(len(p), blockSize)]
		var next []byte
		select {
		case next = <-r.free:
		default:
			next = make([]byte, 0, blockSize)
		}
		select {
		case r.blocks <- append(next, part...):
		case <-r.stopped:
			return n, cmp.Or(r.why, io.ErrClosedPipe)
		}
		n, p = n+len(part), p[len(part):]
	}
	return n, nil
}

// Read implements io.Reader.
func (r *relay) Read(p []byte) (int, error) {
	for len(r.current) == 0 {
		next, ok := <-r.blocks
		if !ok {
			if r.ended != nil {
				return 0, r.ended
			}
			return 0, io.EOF
		}
		r.block, r.current = next, next
	}
	n := copy(p, r.current)
	if r.current = r.current[n:]; len(r.current) == 0 {
		select {
		case r.free <- r.block[:0]:
		default:
		}
	}
	return n, nil
}

// end says that nothing more is written, and why; nil is the end as it should be.
func (r *relay) end(err error) {
	r.ended = err
	close(r.blocks)
}

// stop says that nothing more is read, and why.
func (r *relay) stop(err error) {
	r.why = err
	close(r.stopped)
}
