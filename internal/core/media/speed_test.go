package media_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/testkit/cputest"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// What a photo of twelve million pixels may cost.
const (
	uploadTime    = 2 * time.Second
	renditionTime = 400 * time.Millisecond
	photoMemory   = 120 << 20
)

// cameraPhoto is what a telephone makes: 4000 × 3000 pixels, and grain that makes the file some megabytes large.
func cameraPhoto(t testing.TB) []byte {
	t.Helper()
	m := image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420)
	grain := rand.New(rand.NewPCG(1, 2))
	for i := range m.Y {
		m.Y[i] = uint8(64 + i%4000/32 + int(grain.Uint32()%24))
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(110+i%2000/64), uint8(150-i%2000/64)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAPhotoIsThereSoon is not parallel: it counts what the whole process takes.
func TestAPhotoIsThereSoon(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes time and memory of its own")
	}
	file := cameraPhoto(t)
	a := newAlbum(t, dbtest.SQLite(t))
	measure := func(what string, longest time.Duration, do func()) {
		t.Helper()
		best, memory := time.Hour, uint64(0)
		for range 3 { // of a machine that does other things, too
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := cputest.Used(t)
			do()
			best = min(best, cputest.Used(t)-begin)
			runtime.ReadMemStats(&after)
			memory = max(memory, after.TotalAlloc-before.TotalAlloc)
		}
		t.Logf("%s of %d KB takes %v of a core and %d MB", what, len(file)>>10, best, memory>>20)
		if best > longest || memory > photoMemory {
			t.Errorf("%s takes %v of a core and %d MB, want %v and %d MB", what, best, memory>>20, longest, photoMemory>>20)
		}
	}
	var names []string
	measure("taking a photo", uploadTime, func() {
		name, err := a.Add(t.Context(), a.Anna.ID, "picture", bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	})
	n := 0
	measure("its first rendition", renditionTime, func() {
		r, err := a.Open(t.Context(), a.Anna.Viewer, names[n], community.WallPicture)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		n++
	})
}
