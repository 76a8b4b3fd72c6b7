package accounts

import (
	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/kit/errs"
)

// By what people prove who they are, and how that ends, as the metrics say it.
const (
	byPassword    = "password"
	byAppPassword = "app_password" // with each request of a program
	byLink        = "link"         // that a mail brought, to sign up or to set a password

	signInSuccess = "success"
	signInRefused = "refused" // wrong, or the account is closed
	signInLimited = "limited" // too many tries
	signInFailed  = "failed"  // nobody's fault but ours
)

func newSignIns() *prometheus.CounterVec {
	all := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "grouprise_sign_ins_total",
		Help: "Sign-ins by method (password, app_password: each request of a program, link) and result: success, refused, limited (too many tries), failed.",
	}, []string{"method", "result"})
	for _, method := range []string{byPassword, byAppPassword, byLink} {
		for _, result := range []string{signInSuccess, signInRefused, signInLimited, signInFailed} {
			all.WithLabelValues(method, result)
		}
	}
	return all
}

// countSignIn counts a sign-in by its outcome.
func (r *Accounts) countSignIn(method string, err error) {
	result := signInFailed
	switch {
	case err == nil:
		result = signInSuccess
	case errs.Is(err, errs.TooMany):
		result = signInLimited
	case errs.Is(err, errs.Invalid), errs.Is(err, errs.Unauthenticated):
		result = signInRefused
	}
	r.signIns.WithLabelValues(method, result).Inc()
}
