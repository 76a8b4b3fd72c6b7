// Package dkim signs mails, so that others can see which domain answers for them (RFC 6376), and makes the keys and the
// DNS records that this takes.
package dkim

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// bits is the length of a key: what all who check signatures take, and what fits into a DNS record (RFC 8301).
const bits = 2048

// Key is a key of a domain. The zero value signs nothing.
type Key struct {
	Domain   string
	Selector string // tells the keys of a domain apart
	private  *rsa.PrivateKey
}

// Generate makes a key.
func Generate(domain, selector string) (Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return Key{}, fmt.Errorf("make a key for DKIM: %w", err)
	}
	return Key{Domain: domain, Selector: selector, private: private}, nil
}

// pemType is the type of the block that a key is written as.
const pemType = "PRIVATE KEY"

// Parse reads what PEM returns.
func Parse(domain, selector string, text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return Key{}, errors.New("the key for DKIM is no PEM block " + pemType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("read the key for DKIM: %w", err)
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return Key{}, fmt.Errorf("the key for DKIM is a %T and not one of RSA", parsed)
	}
	return Key{Domain: domain, Selector: selector, private: private}, nil
}

// PEM returns the key as a block in PKCS #8.
func (k Key) PEM() ([]byte, error) {
	encoded, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("write the key for DKIM: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: encoded}), nil
}

// RecordName returns the name of the DNS record that shows the public half.
func (k Key) RecordName() string { return k.Selector + "._domainkey." + k.Domain }

// Record returns the text of that record, which is of the type TXT.
func (k Key) Record() (string, error) {
	public, err := x509.MarshalPKIXPublicKey(&k.private.PublicKey)
	if err != nil {
		return "", fmt.Errorf("write the public key for DKIM: %w", err)
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public), nil
}

// longestString is how many bytes one of the strings may have that a TXT record consists of (RFC 1035).
const longestString = 255

// ZoneLine returns the record as a line of a zone file, in which a long text is cut into strings.
func (k Key) ZoneLine() (string, error) {
	record, err := k.Record()
	if err != nil {
		return "", err
	}
	var parts []string
	for ; len(record) > longestString; record = record[longestString:] {
		parts = append(parts, `"`+record[:longestString]+`"`)
	}
	return fmt.Sprintf("%s. IN TXT ( %s )", k.RecordName(), strings.Join(append(parts, `"`+record+`"`), " ")), nil
}

// Lookup returns the texts of the TXT records of a name; net.Resolver.LookupTXT is one.
type Lookup func(ctx context.Context, name string) ([]string, error)

// Published reports whether DNS shows the record. An error says that DNS does not answer; that there is no record is none.
func (k Key) Published(ctx context.Context, lookup Lookup) (bool, error) {
	texts, err := lookup(ctx, k.RecordName())
	if missing, ok := errors.AsType[*net.DNSError](err); ok && missing.IsNotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up %s: %w", k.RecordName(), err)
	}
	record, err := k.Record()
	if err != nil {
		return false, err
	}
	_, wanted, _ := strings.Cut(record, "p=")
	for _, text := range texts {
		if tag(text, "p") == wanted {
			return true, nil
		}
	}
	return false, nil
}

// tag returns the value of a tag in a list of them (RFC 6376, section 3.2), without blanks.
func tag(list, name string) string {
	for t := range strings.SplitSeq(list, ";") {
		if n, value, ok := strings.Cut(t, "="); ok && strings.TrimSpace(n) == name {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}

// signed are the fields that a signature covers, of all that our mails have. Those that stand twice may not be added by
// others either: what people see, and what answers follow. RFC 8058 asks for those of List-Unsubscribe.
func signed() []string {
	return []string{
		"From", "From", "To", "To", "Subject", "Subject", "Date", "Date", "Reply-To", "Reply-To", "Message-ID", "In-Reply-To", "References",
		"MIME-Version", "Content-Type", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted",
		"List-ID", "List-Post", "List-Unsubscribe", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Unsubscribe-Post",
	}
}

// Sign returns a message with a signature in front.
func (k Key) Sign(message []byte) ([]byte, error) {
	signer, err := dkim.NewSigner(&dkim.SignOptions{
		Domain: k.Domain, Selector: k.Selector, Signer: k.private, HeaderKeys: signed(),
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, fmt.Errorf("sign a mail: %w", err)
	}
	_, err = signer.Write(message)
	if err := errors.Join(err, signer.Close()); err != nil {
		return nil, fmt.Errorf("sign a mail: %w", err)
	}
	return append([]byte(signer.Signature()), message...), nil
}

// SenderDomain returns the domain of the address in From, in small letters; "" if it cannot be told.
func SenderDomain(message []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		return ""
	}
	return DomainOf(m.Header.Get("From"))
}

// DomainOf returns the domain of an address, which may have a name, in small letters; "" if it is none.
func DomainOf(address string) string {
	parsed, err := mail.ParseAddress(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(parsed.Address[strings.LastIndexByte(parsed.Address, '@')+1:])
}

// ErrUnsigned says that a mail has no signature.
var ErrUnsigned = errors.New("the mail is not signed")

// Verify returns the domains whose signatures of a message hold. It is ErrUnsigned if there are none, and says what is wrong
// if none of those that are there holds.
func Verify(ctx context.Context, message []byte, lookup Lookup) (domains []string, err error) {
	const most = 5 // of signatures: each costs a question to DNS
	all, err := dkim.VerifyWithOptions(bytes.NewReader(message), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) { return lookup(ctx, name) }, MaxVerifications: most,
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return nil, fmt.Errorf("verify a mail: %w", err)
	}
	if len(all) == 0 {
		return nil, ErrUnsigned
	}
	var problems error
	for _, v := range all {
		if v.Err == nil {
			domains = append(domains, v.Domain)
		} else {
			problems = errors.Join(problems, fmt.Errorf("signature of %s: %w", v.Domain, v.Err))
		}
	}
	if len(domains) > 0 {
		return domains, nil
	}
	return nil, problems
}
