package reports

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/logs"
)

// Intake is a door for mail that notes what it could not handle.
type Intake struct {
	lmtp.Handler
	Reports *Reports
}

// Deliver implements lmtp.Handler.
func (i Intake) Deliver(ctx context.Context, e lmtp.Envelope, message []byte) (results []error) {
	defer func() {
		if defect := recover(); defect != nil {
			err := fmt.Errorf("panic: %v", defect)
			i.Reports.NoteMail(ctx, strings.Join(e.Recipients, ", "), err)
			panic(logs.Told(err)) // the server answers
		}
	}()
	results = i.Handler.Deliver(ctx, e, message)
	for n, err := range results {
		if err != nil && errs.KindOf(err) == errs.Internal {
			i.Reports.NoteMail(ctx, e.Recipients[n], err)
			results[n] = logs.Told(err)
		}
	}
	return results
}

// NoteMail notes for the postmaster that a mail to some addresses could not be handled.
func (r *Reports) NoteMail(ctx context.Context, to string, err error) {
	r.Note(ctx, Mail, withoutKeys(to), logs.Clean(err))
}

// withoutKeys returns addresses of ours without what lets somebody write in the name of somebody else: the keys of reply
// addresses stand behind a plus.
func withoutKeys(addresses string) string {
	all := strings.Split(addresses, ", ")
	for i, address := range all {
		local, domain, _ := strings.Cut(address, "@")
		if name, key, ok := strings.Cut(local, "+"); ok && key != "" {
			all[i] = name + "+…@" + domain
		}
	}
	return strings.Join(all, ", ")
}
