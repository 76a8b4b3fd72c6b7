// Package acme gets certificates from an authority that gives them to whoever shows that a host name is theirs (ACME,
// RFC 8555). The protocol is golang.org/x/crypto/acme; here stands what is done with it for a web site, and that what the
// authority says of a failure reaches whoever looks after the site.
package acme

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

// Protocol is what an authority asks for in a handshake that looks for the answer to a challenge (RFC 8737, ALPN).
const Protocol = acme.ALPNProto

// Path is where an authority looks for the answers to challenges by http: below it stands the name of the challenge.
const Path = "/.well-known/acme-challenge/"

// Kind is a way to show that a host name is ours.
type Kind string

// The ways. The first needs port 443 only, which whoever wants a certificate serves anyway.
const (
	TLSALPN01 Kind = "tls-alpn-01" // a handshake that asks for Protocol gets a certificate made for it (RFC 8737)
	HTTP01    Kind = "http-01"     // port 80 answers at Path (RFC 8555, section 8.3)
)

// Challenge is what an authority looks for.
type Challenge struct {
	Kind Kind
	Name string // the host name of TLSALPN01; of HTTP01 what follows Path

	// Answer is the body of the answer of HTTP01, and for TLSALPN01 a certificate with its key as PEM, for Pair.
	Answer []byte
}

// Challenges makes challenges known to all that listen where the authority asks.
type Challenges interface {
	// Put is called before the authority asks.
	Put(ctx context.Context, c Challenge) error
	// Remove is called when it has asked, whatever came of it. ctx may have ended.
	Remove(ctx context.Context, c Challenge) error
}

// Authority is where certificates come from.
type Authority struct {
	Directory string         // its address
	Contact   string         // a mail address for it; empty: none
	Roots     *x509.CertPool // that its own https is checked with; nil: those of the system
	Key       crypto.Signer  // of our account there, which is made with the first order
	Agent     string         // who asks: name and version of the program
}

// Certificate is a certificate with its key.
type Certificate struct {
	Chain []byte // PEM, the certificate first
	Key   []byte // PEM
}

// Pair returns the certificate as a handshake needs it, with Leaf set.
func (c Certificate) Pair() (*tls.Certificate, error) { return Pair(c.Chain, c.Key) }

// Pair reads a certificate and its key, which may stand in the same PEM text.
func Pair(chain, key []byte) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("read a certificate: %w", err)
	}
	return &pair, nil
}

// GenerateKey makes a key, for an account or for a certificate. P-256 is what all authorities and browsers take.
func GenerateKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// MarshalKey writes a key as PEM, in PKCS #8.
func MarshalKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ParseKey reads what MarshalKey has written.
func ParseKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("read a key: it is no PEM block")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("read a key: a %T signs nothing", parsed)
	}
	return key, nil
}

// Order gets one certificate for host names, in the form in which DNS has them. It shows that all of them are ours in one
// way, and if the authority is not convinced, in the other. The error says what the authority said.
func (a Authority) Order(ctx context.Context, names []string, c Challenges) (Certificate, error) {
	o := ordering{client: a.client(), names: names, challenges: c}
	account := &acme.Account{}
	if a.Contact != "" {
		account.Contact = []string{"mailto:" + a.Contact}
	}
	if _, err := o.client.Register(ctx, account, acme.AcceptTOS); err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return Certificate{}, fmt.Errorf("register at %s: %w", a.Directory, err)
	}
	var refusals error
	for _, kind := range []Kind{TLSALPN01, HTTP01} {
		order, err := o.prove(ctx, kind)
		if err == nil {
			return o.issue(ctx, order)
		}
		refusals = errors.Join(refusals, fmt.Errorf("%s: %w", kind, err))
		if !isRefusal(err) {
			break
		}
	}
	return Certificate{}, refusals
}

// retries is how often a request is repeated that the authority was too busy for, or whose nonce it had forgotten.
const retries = 5

// client returns a client of the authority that gives up in the end: by itself, it repeats requests for as long as it may.
func (a Authority) client() *acme.Client {
	transport := http.DefaultTransport
	if base, ok := transport.(*http.Transport); ok && a.Roots != nil {
		own := base.Clone()
		own.TLSClientConfig = &tls.Config{RootCAs: a.Roots, MinVersion: tls.VersionTLS12}
		transport = own
	}
	return &acme.Client{
		Key: a.Key, DirectoryURL: a.Directory, UserAgent: a.Agent,
		HTTPClient: &http.Client{Transport: transport, Timeout: 30 * time.Second},
		RetryBackoff: func(n int, _ *http.Request, _ *http.Response) time.Duration {
			if n > retries {
				return 0
			}
			return time.Duration(n) * 200 * time.Millisecond
		},
	}
}

// ordering is one order on its way.
type ordering struct {
	client     *acme.Client
	names      []string
	challenges Challenges
}

// errNoChallenge says that an authority does not take a kind of challenge for a name.
var errNoChallenge = errors.New("the authority does not offer this challenge")

// isRefusal reports whether the authority was not convinced that a name is ours: another kind of challenge may do.
func isRefusal(err error) bool {
	_, refused := errors.AsType[*acme.AuthorizationError](err)
	return refused || errors.Is(err, errNoChallenge)
}

// prove begins an order, shows that its names are ours, and returns it ready for a certificate.
func (o ordering) prove(ctx context.Context, kind Kind) (*acme.Order, error) {
	order, err := o.client.AuthorizeOrder(ctx, acme.DomainIDs(o.names...))
	if err != nil {
		return nil, err
	}
	for _, url := range order.AuthzURLs {
		if err := o.authorize(ctx, url, kind); err != nil {
			return nil, err
		}
	}
	return o.client.WaitOrder(ctx, order.URI)
}

// authorize shows that the name of one authorization is ours.
func (o ordering) authorize(ctx context.Context, url string, kind Kind) (err error) {
	z, err := o.client.GetAuthorization(ctx, url)
	if err != nil {
		return err
	}
	if z.Status == acme.StatusValid { // it remembers the last time
		return nil
	}
	offered, challenge, err := o.choose(z, kind)
	if err != nil {
		return fmt.Errorf("%s: %w", z.Identifier.Value, err)
	}
	if err := o.challenges.Put(ctx, challenge); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.challenges.Remove(context.WithoutCancel(ctx), challenge)) }()
	if _, err := o.client.Accept(ctx, offered); err != nil {
		return err
	}
	_, err = o.client.WaitAuthorization(ctx, url)
	return err
}

// choose picks the challenge of a kind and works its answer out.
func (o ordering) choose(z *acme.Authorization, kind Kind) (*acme.Challenge, Challenge, error) {
	for _, offered := range z.Challenges {
		if offered.Type != string(kind) {
			continue
		}
		answer, err := o.answer(offered, kind, z.Identifier.Value)
		return offered, answer, err
	}
	return nil, Challenge{}, errNoChallenge
}

func (o ordering) answer(offered *acme.Challenge, kind Kind, name string) (Challenge, error) {
	if kind == HTTP01 {
		body, err := o.client.HTTP01ChallengeResponse(offered.Token)
		return Challenge{Kind: kind, Name: offered.Token, Answer: []byte(body)}, err
	}
	key, err := GenerateKey()
	if err != nil {
		return Challenge{}, err
	}
	pair, err := o.client.TLSALPN01ChallengeCert(offered.Token, name, acme.WithKey(key))
	if err != nil {
		return Challenge{}, err
	}
	text, err := MarshalKey(key)
	return Challenge{Kind: kind, Name: name, Answer: append(text, chainOf(pair.Certificate)...)}, err
}

// issue gets the certificate of an order whose names are ours, and makes sure that it is what was asked for.
func (o ordering) issue(ctx context.Context, order *acme.Order) (Certificate, error) {
	key, err := GenerateKey()
	if err != nil {
		return Certificate{}, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: o.names}, key)
	if err != nil {
		return Certificate{}, fmt.Errorf("ask for a certificate: %w", err)
	}
	chain, _, err := o.client.CreateCertFromOrder(ctx, order, request, true)
	if err != nil {
		return Certificate{}, fmt.Errorf("fetch the certificate: %w", err)
	}
	text, err := MarshalKey(key)
	if err != nil {
		return Certificate{}, err
	}
	c := Certificate{Chain: chainOf(chain), Key: text}
	pair, err := c.Pair()
	if err != nil {
		return Certificate{}, err
	}
	for _, name := range o.names {
		if err := pair.Leaf.VerifyHostname(name); err != nil {
			return Certificate{}, fmt.Errorf("the authority has sent another certificate: %w", err)
		}
	}
	return c, nil
}

// chainOf writes certificates as PEM.
func chainOf(der [][]byte) (text []byte) {
	for _, certificate := range der {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})...)
	}
	return text
}
