// Package password keeps passwords as hashes, checks them, and says which ones are too weak to choose.
//
// New hashes are argon2id. Hashes that Django made with PBKDF2 are understood as well, so that people
// who come with an older site keep their passwords; NeedsUpgrade tells when a hash should be made anew,
// which is possible whenever the person types the password. The formats of Django that we do not compute
// (argon2, bcrypt, scrypt, MD5 and the mark of an unusable password) match nothing: whoever has one sets
// a new password by mail.
package password

import (
	"cmp"
	"context"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // Django's older hashes need it; HMAC-SHA1 in PBKDF2 is not broken.
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"grouprise.org/grouprise/internal/kit/errs"
)

// MaxLength is how many bytes a password may have. Longer ones are not computed.
const MaxLength = 1024

// Bounds of what is computed for a hash that comes from outside: beyond them it matches nothing, so that
// an import cannot exhaust the machine.
const (
	maxIterations = 5_000_000 // PBKDF2; Django 5 uses one million
	maxMemory     = 64 * 1024 // argon2id, KiB
	maxPasses     = 16        // argon2id
)

// Cost says how much work one argon2id hash is.
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// Moderate is the cost for a machine with 512 MB: 19 MiB and two passes, the least that OWASP
// recommends, so that even four people who sign in at once need less than 80 MiB.
func Moderate() Cost { return Cost{Memory: 19 * 1024, Passes: 2, Threads: 1} }

// Hasher computes hashes, a few at a time: each needs memory, and many at once would need too much.
// It is safe for concurrent use.
type Hasher struct {
	cost  Cost
	slots chan struct{}
	wait  time.Duration
}

// maxAtOnce is how many hashes a Hasher computes at the same time at most.
const maxAtOnce = 4

// atOnce leaves a processor to everybody else: a hash keeps one for a twentieth of a second.
func atOnce() int { return min(max(runtime.GOMAXPROCS(0)-1, 1), maxAtOnce) }

// New returns a hasher of a cost. Zero is Moderate.
func New(cost Cost) *Hasher {
	return &Hasher{cost: cmp.Or(cost, Moderate()), slots: make(chan struct{}, atOnce()), wait: 10 * time.Second}
}

func (h *Hasher) params() *argon2id.Params {
	return &argon2id.Params{Memory: h.cost.Memory, Iterations: h.cost.Passes, Parallelism: h.cost.Threads, SaltLength: 16, KeyLength: 32}
}

// Hash returns the hash to store for a password. It is Unavailable when too many others wait.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxLength {
		return "", errs.New(errs.Invalid, "Use at most %d characters.", MaxLength)
	}
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	made, err := argon2id.CreateHash(password, h.params())
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return made, nil
}

// Verify reports whether the password belongs to the hash. A hash of a format that we do not compute, or
// none at all, takes the same time and matches nothing. It is Unavailable when too many others wait.
func (h *Hasher) Verify(ctx context.Context, stored, password string) (bool, error) {
	if len(password) > MaxLength {
		return false, nil
	}
	release, err := h.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	if django, ok := parseDjango(stored); ok {
		return django.matches(password)
	}
	if !isComputable(stored) {
		if _, err := argon2id.CreateHash(password, h.params()); err != nil { // for the time that it takes
			return false, fmt.Errorf("spend the time of a password: %w", err)
		}
		return false, nil
	}
	match, err := argon2id.ComparePasswordAndHash(password, stored)
	if err != nil {
		return false, fmt.Errorf("verify a password: %w", err)
	}
	return match, nil
}

// Decoy takes as long as Verify: it is called where there is no such person, so that the time of the
// answer does not tell.
func (h *Hasher) Decoy(ctx context.Context, password string) error {
	_, err := h.Verify(ctx, "", password)
	return err
}

// NeedsUpgrade reports whether a hash that has just been verified should be replaced by a new one.
func (h *Hasher) NeedsUpgrade(stored string) bool {
	if !isComputable(stored) {
		return true
	}
	params, _, key, err := argon2id.DecodeHash(stored)
	if err != nil {
		return true
	}
	return params.Memory != h.cost.Memory || params.Iterations != h.cost.Passes || params.Parallelism != h.cost.Threads || len(key) != 32
}

// isComputable reports whether the hash is an argon2id one that this machine can compute.
func isComputable(stored string) bool {
	if !strings.HasPrefix(stored, "$argon2id$") {
		return false
	}
	params, salt, key, err := argon2id.DecodeHash(stored)
	return err == nil && params.Memory > 0 && params.Memory <= maxMemory && params.Iterations > 0 && params.Iterations <= maxPasses &&
		params.Parallelism > 0 && len(salt) > 0 && len(key) >= 16
}

// acquire waits for a slot and returns the function that releases it.
func (h *Hasher) acquire(ctx context.Context) (release func(), err error) {
	timer := time.NewTimer(h.wait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, errs.New(errs.Unavailable, "Many people are signing in right now. Please try again in a moment.").After(h.wait)
	}
}

// djangoHash is a PBKDF2 hash as Django stores it: algorithm$iterations$salt$key.
type djangoHash struct {
	digest     func() hash.Hash
	iterations int
	salt       string // the characters as they stand there, not decoded
	key        []byte
}

func parseDjango(stored string) (djangoHash, bool) {
	parts := strings.Split(stored, "$")
	if len(parts) != 4 {
		return djangoHash{}, false
	}
	d := djangoHash{salt: parts[2]}
	switch parts[0] {
	case "pbkdf2_sha256":
		d.digest = sha256.New
	case "pbkdf2_sha1":
		d.digest = sha1.New
	default:
		return djangoHash{}, false
	}
	var err error
	if d.iterations, err = strconv.Atoi(parts[1]); err != nil || d.iterations < 1 || d.iterations > maxIterations {
		return djangoHash{}, false
	}
	if d.key, err = base64.StdEncoding.DecodeString(parts[3]); err != nil || len(d.key) != d.digest().Size() || d.salt == "" {
		return djangoHash{}, false
	}
	return d, true
}

func (d djangoHash) matches(password string) (bool, error) {
	key, err := pbkdf2.Key(d.digest, password, []byte(d.salt), d.iterations, len(d.key))
	if err != nil {
		return false, fmt.Errorf("verify a PBKDF2 password: %w", err)
	}
	return subtle.ConstantTimeCompare(key, d.key) == 1, nil
}
