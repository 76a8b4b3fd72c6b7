package reports

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lmtp"
)

// Intake is a door for mail that notes what it could not handle.
type Intake struct {
	lmtp.Handler
	Reports *Reports
}

// Deliver implements lmtp.Handler.
func (i Intake) Deliver(ctx context.Context, e lmtp.Envelope, message []byte) []error {
	defer func() {
		if defect := recover(); defect != nil {
			i.Reports.Note(ctx, Mail, strings.Join(e.Recipients, ", "), fmt.Sprint("panic: ", defect))
			panic(defect) // the server answers
		}
	}()
	results := i.Handler.Deliver(ctx, e, message)
	for n, err := range results {
		if err != nil && errs.KindOf(err) == errs.Internal {
			i.Reports.Note(ctx, Mail, e.Recipients[n], err.Error())
		}
	}
	return results
}
