package attendance

import (
	"context"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/lang"
)

// sayComing says how many people come, with their guests.
func sayComing(ctx context.Context, b board) string {
	switch {
	case b.why() != nil:
		return lang.N(ctx, "1 person had said yes", "%d people had said yes", b.Coming)
	case b.Coming == 0:
		return lang.T(ctx, "Nobody has said yes yet.")
	default:
		return lang.N(ctx, "1 person is coming", "%d people are coming", b.Coming)
	}
}

// comeLabel is what the button says by which somebody comes.
func comeLabel(ctx context.Context, b board) string {
	if b.Full() && b.Own.holds() == 0 {
		return lang.T(ctx, "Join the waiting list")
	}
	return lang.T(ctx, "I’m coming")
}

// chosen reports whether an answer is the one that counts now. One that is asked for again does not.
func chosen(a Answer, own attendance) bool { return own.ID != 0 && own.Answer == a && !own.AskedAgain }

// stands reports whether the button of an answer is the main one: that of the answer that counts now, or a yes where there is
// none.
func stands(a Answer, own attendance) bool {
	return chosen(a, own) || a == Yes && (own.ID == 0 || own.AskedAgain)
}

// answerLabel is an answer in a word or two.
func answerLabel(ctx context.Context, a attendance) string {
	switch {
	case a.Waiting:
		return lang.T(ctx, "waiting list")
	case a.Answer == Yes && a.AskedAgain:
		return lang.T(ctx, "yes, before the change")
	case a.Answer == Yes:
		return lang.T(ctx, "yes")
	case a.Answer == Maybe:
		return lang.T(ctx, "maybe")
	default:
		return lang.T(ctx, "no")
	}
}

// saidBy is an answer with the guests.
func saidBy(ctx context.Context, a attendance) string {
	if a.Guests == 0 {
		return answerLabel(ctx, a)
	}
	return lang.T(ctx, "%[1]s, with %[2]s", answerLabel(ctx, a), lang.N(ctx, "1 guest", "%d guests", a.Guests))
}

// memberOptions are the members for whom somebody may answer.
func memberOptions(all []colleague) []parts.Option {
	options := make([]parts.Option, len(all))
	for n, c := range all {
		options[n] = parts.Option{Value: strconv.FormatInt(c.PersonID, 10), Label: c.Name}
	}
	return options
}

// signInPath returns where somebody with an account signs in to answer.
func signInPath(q request) string { return community.SignInPath(q.path("")) }
