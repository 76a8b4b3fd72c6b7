package chatsettings

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// lookUp finds the web client of a homeserver and keeps it. That there is none is an answer, too, and so is a server that
// cannot be reached: it is asked once more after a month.
func (r *Settings) lookUp(ctx context.Context, j queue.Job) error {
	var c client
	if err := j.Decode(&c); err != nil {
		return err
	}
	var err error
	if c.Domain == r.deps.Domain {
		c.Address, err = r.ownClient(ctx)
	} else {
		c.Address, err = r.foreignClient(ctx, c.Domain)
	}
	if err != nil {
		return err
	}
	if len(c.Address) > maxAddress {
		c.Address = ""
	}
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if err := setClient(ctx, tx, c); err != nil {
			return err
		}
		return j.Finish(ctx, tx)
	})
}

// maxAddress is how many bytes the address of a web client may have.
const maxAddress = 500

// ownClient returns the web client that stands beside the site, where grouprise 5.5 has it; "" if there is none. Element
// and its kin have their configuration in a file.
func (r *Settings) ownClient(ctx context.Context) (string, error) {
	address := r.deps.BaseURL + strings.TrimSuffix(clientPath, "/")
	d, err := read(ctx, reader(r.own), address+"/config.json")
	if err != nil || d == nil || !json.Valid(d.Body) {
		return "", err
	}
	return address, nil
}

// foreignClient returns the web client to which a homeserver leads who asks with a browser; else the one that is known of it.
func (r *Settings) foreignClient(ctx context.Context, domain string) (string, error) {
	server := "https://" + domain + ":8448"
	if strings.Contains(domain, ":") { // it names its port
		server = "https://" + domain
	}
	d, err := read(ctx, r.deps.Read, "https://"+domain+"/.well-known/matrix/client")
	if err != nil {
		return "", err
	}
	if d != nil {
		var announced struct {
			Server struct {
				URL string `json:"base_url"`
			} `json:"m.homeserver"`
		}
		if json.Unmarshal(d.Body, &announced) == nil && strings.HasPrefix(announced.Server.URL, "https://") {
			server = strings.TrimSuffix(announced.Server.URL, "/")
		}
	}
	asked := server + "/_matrix/client/"
	d, err = read(ctx, r.deps.Read, asked)
	if err != nil {
		return "", err
	}
	if d == nil || d.Address == asked {
		return knownClient(domain), nil
	}
	at, err := url.Parse(d.Address)
	if err != nil {
		return "", fmt.Errorf("read where %s leads: %w", asked, err)
	}
	if at.Scheme != "https" {
		return knownClient(domain), nil
	}
	return at.Scheme + "://" + at.Host + strings.TrimSuffix(at.EscapedPath(), "/"), nil
}

// read returns a document; nil if there is none, or nobody answers.
func read(ctx context.Context, ask func(context.Context, string) (*fetch.Document, error), address string) (*fetch.Document, error) {
	d, err := ask(ctx, address)
	if err == nil {
		return d, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, nil //nolint:nilnil // nothing is an answer
}

// found is the status with which a visitor is led to a chat room, which may be another one tomorrow.
const found = http.StatusFound
