package web

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/alexedwards/scs/v2"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Lifetimes say how long a session lasts, counted from signing in. Reading never prolongs it, because
// that would be a write for every page.
type Lifetimes struct {
	Short time.Duration // for who did not ask to be remembered; their cookie ends with the browser. Zero means a day
	Long  time.Duration // for who asked to be remembered. Zero means two weeks
}

// Sessions know who is signed in. They live in the table sessions, which holds a hash of each token
// and never the token: reading the database does not let anybody in. Visitors who never signed in
// have neither a cookie nor a row.
type Sessions struct {
	manager *scs.SessionManager
	store   sessionStore
	times   Lifetimes
}

// Keys under which a session keeps its person and when they signed in, in seconds.
const (
	personKey   = "person"
	signedInKey = "signed_in"
)

// NewSessions returns the sessions of a database. Secure says that the site is reached by https: the
// cookie then never travels without and no other name of the domain can set it.
func NewSessions(db *sqldb.DB, times Lifetimes, secure bool, c clock.Clock) *Sessions {
	if times.Short == 0 {
		times.Short = 24 * time.Hour
	}
	if times.Long == 0 {
		times.Long = 14 * 24 * time.Hour
	}
	m := scs.New()
	m.Lifetime = times.Short
	m.Codec = jsonCodec{}
	m.Cookie.Persist = false
	m.Cookie.Secure = secure
	m.Cookie.Name = CookieName(SessionCookie, secure)
	store := sessionStore{db: db, clock: c}
	m.Store = store
	return &Sessions{manager: m, store: store, times: times}
}

// SessionCookie is the name of the cookie of a session, before CookieName.
const SessionCookie = "session"

// CookieName returns the name under which a cookie is kept: with the prefix that makes browsers insist
// on https, no domain and the root path where the site is reached by https.
func CookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// Load reads the session of a request and returns the request that carries it. Without a cookie the
// database is not asked.
func (s *Sessions) Load(r *http.Request) (*http.Request, error) {
	token := ""
	if cookie, err := r.Cookie(s.manager.Cookie.Name); err == nil && len(cookie.Value) <= 64 {
		token = cookie.Value
	}
	ctx, err := s.manager.Load(r.Context(), token)
	if err != nil {
		return r, fmt.Errorf("load the session: %w", err)
	}
	return r.WithContext(ctx), nil
}

// Save writes a changed session and its cookie. It must come before the first byte of the answer.
func (s *Sessions) Save(w http.ResponseWriter, r *http.Request) error {
	switch ctx := r.Context(); s.manager.Status(ctx) {
	case scs.Modified:
		token, expiry, err := s.manager.Commit(ctx)
		if err != nil {
			return fmt.Errorf("save the session: %w", err)
		}
		s.manager.WriteSessionCookie(ctx, w, token, expiry)
	case scs.Destroyed:
		s.manager.WriteSessionCookie(ctx, w, "", time.Time{})
	}
	return nil
}

// Person returns who is signed in; 0 means nobody.
func (s *Sessions) Person(ctx context.Context) int64 {
	id, err := strconv.ParseInt(s.manager.GetString(ctx, personKey), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// SignIn makes the session the person's. The token changes, so that one planted before is worthless,
// and what somebody else left in the session goes.
func (s *Sessions) SignIn(ctx context.Context, person int64, remember bool) error {
	if before := s.Person(ctx); before != 0 && before != person {
		if err := s.manager.Clear(ctx); err != nil {
			return fmt.Errorf("clear the session: %w", err)
		}
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return fmt.Errorf("renew the session: %w", err)
	}
	lifetime := s.times.Short
	if remember {
		lifetime = s.times.Long
	}
	s.manager.SetDeadline(ctx, s.store.clock.Now().Add(lifetime))
	s.manager.RememberMe(ctx, remember)
	s.manager.Put(ctx, personKey, strconv.FormatInt(person, 10))
	s.manager.Put(ctx, signedInKey, strconv.FormatInt(s.store.clock.Now().Unix(), 10))
	return nil
}

// SignedInAt returns when the person of the session signed in; the zero time if it does not say.
func (s *Sessions) SignedInAt(ctx context.Context) time.Time {
	seconds, err := strconv.ParseInt(s.manager.GetString(ctx, signedInKey), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// SignOut ends the session.
func (s *Sessions) SignOut(ctx context.Context) error {
	if err := s.manager.Destroy(ctx); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return nil
}

// Get returns what Put kept under a key, "" if nothing.
func (s *Sessions) Get(ctx context.Context, key string) string { return s.manager.GetString(ctx, key) }

// Put keeps a value in the session, which begins if there was none.
func (s *Sessions) Put(ctx context.Context, key, value string) { s.manager.Put(ctx, key, value) }

// Pop returns what Put kept under a key and forgets it.
func (s *Sessions) Pop(ctx context.Context, key string) string { return s.manager.PopString(ctx, key) }

// EndOthers ends all sessions of a person but the one of the context: after a change of password.
// Outside of requests it ends all.
func (s *Sessions) EndOthers(ctx context.Context, person int64) error {
	return s.store.deleteOthers(ctx, person, hashToken(s.token(ctx)))
}

// EndAll ends all sessions of a person.
func (s *Sessions) EndAll(ctx context.Context, person int64) error {
	return s.store.deleteOthers(ctx, person, "")
}

// Key returns what the session of the context is known by to Alive; "" if it carries none.
func (s *Sessions) Key(ctx context.Context) string {
	token := s.token(ctx)
	if token == "" {
		return ""
	}
	return hashToken(token)
}

// Alive returns which of some sessions, by their keys, have not ended.
func (s *Sessions) Alive(ctx context.Context, keys []string) (map[string]bool, error) {
	var found []string
	err := s.store.db.Select(ctx, &found, `SELECT token_hash FROM sessions WHERE token_hash IN (?) AND expires_at > ? ORDER BY token_hash`, keys, s.store.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("look which sessions go on: %w", err)
	}
	alive := make(map[string]bool, len(found))
	for _, key := range found {
		alive[key] = true
	}
	return alive, nil
}

// Purge removes the sessions that have expired. A periodic job calls it.
func (s *Sessions) Purge(ctx context.Context) error { return s.store.purge(ctx) }

// token returns the token of the context's session, "" if it carries none.
func (s *Sessions) token(ctx context.Context) (token string) {
	defer func() { _ = recover() }() // the library panics where a context carries no session
	return s.manager.Token(ctx)
}

// sessionStore keeps sessions in the database.
type sessionStore struct {
	db    *sqldb.DB
	clock clock.Clock
}

var _ scs.CtxStore = sessionStore{}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// FindCtx implements scs.CtxStore.
func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := s.db.Get(ctx, &data, `SELECT data FROM sessions WHERE token_hash = ? AND expires_at > ?`, hashToken(token), s.clock.Now())
	if errs.Is(err, errs.NotFound) || errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx implements scs.CtxStore.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	person, err := personOf(data)
	if err != nil {
		return err
	}
	return s.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE token_hash = ?`, hashToken(token)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO sessions (token_hash, person_id, data, expires_at) VALUES (?, ?, ?, ?)`,
			hashToken(token), person, data, clock.At(expiry))
		return err
	})
}

// DeleteCtx implements scs.CtxStore.
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	return s.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM sessions WHERE token_hash = ?`, hashToken(token))
		return err
	})
}

func (s sessionStore) deleteOthers(ctx context.Context, person int64, keep string) error {
	err := s.db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM sessions WHERE person_id = ? AND token_hash <> ?`, person, keep)
		return err
	})
	if err != nil {
		return fmt.Errorf("end the sessions of person %d: %w", person, err)
	}
	return nil
}

func (s sessionStore) purge(ctx context.Context) error {
	remove := sqldb.Removal[string](ctx, `DELETE FROM sessions WHERE token_hash IN (?)`)
	err := sqldb.Sweep(ctx, s.db, remove, `SELECT token_hash FROM sessions WHERE expires_at <= ? ORDER BY token_hash`, s.clock.Now())
	if err != nil {
		return fmt.Errorf("purge sessions: %w", err)
	}
	return nil
}

// Find, Commit and Delete implement scs.Store, which the library asks for and never calls when
// there are the ones with a context.

// Find implements scs.Store.
func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (s sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements scs.Store.
func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// jsonCodec keeps a session as JSON: readable, and no types to register as with gob.
type jsonCodec struct{}

// sessionData is a session as it stands in the database.
type sessionData struct {
	Deadline int64          `json:"deadline"`
	Values   map[string]any `json:"values"`
}

// Encode implements scs.Codec.
func (jsonCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(sessionData{Deadline: deadline.UnixMilli(), Values: values})
}

// Decode implements scs.Codec.
func (jsonCodec) Decode(data []byte) (time.Time, map[string]any, error) {
	s := sessionData{Values: map[string]any{}}
	if err := json.Unmarshal(data, &s); err != nil {
		return time.Time{}, nil, fmt.Errorf("decode a session: %w", err)
	}
	return time.UnixMilli(s.Deadline).UTC(), s.Values, nil
}

// personOf returns the person of an encoded session for its column, nil for nobody.
func personOf(data []byte) (any, error) {
	_, values, err := jsonCodec{}.Decode(data)
	if err != nil {
		return nil, err
	}
	text, ok := values[personKey].(string)
	if !ok {
		return nil, nil //nolint:nilnil // NULL is the driver's nil.
	}
	return strconv.ParseInt(text, 10, 64)
}
