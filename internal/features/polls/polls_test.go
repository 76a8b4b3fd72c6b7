package polls_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/captchatest"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestAVoteCountsAndIsChangedAndTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Essen", true, choices("Reis", "Nudeln", "", ""))
		v := w.vote(t, w.Anna, a, "yes", "no")
		v.Sees(200, "Your vote has been counted. You can change it until voting ends.", "1 person has voted.", "1 yes, 0 maybe, 0 no")
		w.vote(t, w.Bert, a, "maybe", "") // what nobody answers is a maybe
		w.vote(t, w.Carla, a, "no", "yes")
		if got := w.results(t, a); got != "3: Reis 1/1/1, Nudeln 1/1/1" {
			t.Errorf("%s", got)
		}
		w.vote(t, w.Anna, a, "no", "yes").Sees(200, "Your vote has been changed.", "3 people have voted.", "Anna Ahorn", "Carla")
		if got := w.results(t, a); got != "3: Nudeln 2/1/0, Reis 0/1/2" {
			t.Errorf("%s", got)
		}
		if got := w.votes(t, a); got != "anna no yes, bert maybe maybe, carla no yes" {
			t.Errorf("%s", got)
		}
		carla := w.visit(t, w.Carla.ID)
		carla.Send(a.Path+"vote/", url.Values{"withdraw": {"1"}}, true)
		carla.Sees(200, "Your vote has been deleted.")
		if got := w.results(t, a); got != "2: Nudeln 1/1/0, Reis 0/1/1" {
			t.Errorf("%s", got)
		}
	})
}

func TestThreeMaybesJustBeatOneYes(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Essen", true, choices("Reis", "Nudeln"))
	w.vote(t, w.Anna, a, "yes", "maybe")
	w.vote(t, w.Bert, a, "no", "maybe")
	w.vote(t, w.Carla, a, "no", "maybe")
	if got := w.results(t, a); got != "3: Nudeln 0/3/0, Reis 1/0/2" {
		t.Errorf("%s", got)
	}
}

func TestRanksAreCountedByTheMethodOfSchulze(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Essen", true, with(choices("Reis", "Nudeln", "Suppe"), url.Values{"vote_type": {"condorcet"}}))
		w.vote(t, w.Anna, a, "2", "1", "").Sees(200, "Your vote has been counted.", "preferred in 100 % of all comparisons")
		w.vote(t, w.Bert, a, "2", "1", "3")
		w.vote(t, w.Carla, a, "1", "2", "2")
		if got := w.results(t, a); got != "3: Nudeln 67%, Reis 67%, Suppe 0%" {
			t.Errorf("%s", got)
		}
		w.vote(t, w.Anna, a, "1", "", "2")
		if got := w.results(t, a); got != "3: Reis 83%, Nudeln 33%, Suppe 17%" {
			t.Errorf("%s", got)
		}
		w.vote(t, w.Anna, a, "4", "", "").Sees(http.StatusUnprocessableEntity, "Choose one of the options.")
		w.vote(t, w.Anna, a, "", "", "").Sees(http.StatusUnprocessableEntity, "Give at least one option a place.")
		if got := w.votes(t, a); got != "anna 1 - 2, bert 2 1 3, carla 1 2 2" {
			t.Errorf("%s", got)
		}
	})
}

func TestFormsOfTheOriginalAreUnderstood(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Essen", true, url.Values{"poll_type": {"simple"}, "vote_type": {"simple"}, "form-TOTAL_FORMS": {"5"}, "form-0-title": {"Reis"}, "form-3-title": {"Nudeln"}})
	if len(a.Options) != 2 {
		t.Fatalf("options: %v", a.Options)
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Send(a.Path+"vote/", url.Values{"form-TOTAL_FORMS": {"2"}, "form-0-endorse": {"True"}, "form-1-endorse": {"False"}}, true)
	bert := w.visit(t, w.Bert.ID)
	bert.Send(a.Path+"vote/", url.Values{"form-TOTAL_FORMS": {"2"}}, true) // nothing is a maybe
	if got := w.votes(t, a); got != "anna yes no, bert maybe maybe" {
		t.Errorf("%s", got)
	}
	dates := w.ask(t, "Treffen", true, url.Values{"poll_type": {"event"}, "vote_type": {"condorcet"}, "form-0-time": {"2.5.2099 19:00"}, "form-1-time": {"2099-05-01 19:00:00"}, "form-1-until_time": {"2099-05-01 21:00:00"}})
	carla := w.visit(t, w.Carla.ID)
	carla.Send(dates.Path+"vote/", url.Values{"form-0-rank": {"2"}, "form-1-rank": {"1"}}, true)
	if got := w.votes(t, dates); got != "carla 1 2" {
		t.Errorf("%s", got)
	}
	p := anna.Send("/garten/polls/add/", url.Values{"title": {"x"}, "text": {"y"}, "change_type": {"1"}, "poll_type": {"event"}}, true)
	if p.Status != http.StatusOK || !strings.Contains(p.Body, `name="option_time"`) {
		t.Errorf("a change of the type answers %d", p.Status)
	}
}

func TestOnlyWhoMayVotesAndOnlyForWhatThereIs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		internal := w.ask(t, "Kasse", false, choices("Anna", "Bert"))
		other := w.ask(t, "Essen", true, choices("Reis"))
		if p := w.visit(t, w.Carla.ID).Send(internal.Path+"vote/", internal.ballot("yes"), false); p.Status != http.StatusForbidden {
			t.Errorf("Carla votes: %d", p.Status)
		}
		nobody := w.visit(t, 0)
		if p := nobody.Send(internal.Path+"vote/", internal.ballot("yes"), false); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/stadt/login") {
			t.Errorf("a stranger votes: %d %s", p.Status, p.Header.Get("Location"))
		}
		// Whoever may read an internal poll because they once commented on it does not vote.
		cast.AddContribution(t, w.db, cast.Contribution{ContentID: internal.ID, AuthorID: w.Carla.ID})
		if p := w.visit(t, w.Carla.ID).Send(internal.Path+"vote/", internal.ballot("yes"), false); p.Status != http.StatusForbidden {
			t.Errorf("Carla votes after a comment: %d", p.Status)
		}
		if err := w.room.Cast(t.Context(), w.Anna.Viewer, internal.ID, map[int64]int{other.Options[0]: 2}); !errs.Is(err, errs.Invalid) {
			t.Errorf("somebody votes for an option of another poll: %v", err)
		}
		if err := w.room.Cast(t.Context(), w.Anna.Viewer, internal.ID, map[int64]int{internal.Options[0]: 3}); !errs.Is(err, errs.Invalid) {
			t.Errorf("somebody says what nobody knows: %v", err)
		}
		w.vote(t, w.Anna, internal, "perhaps").Sees(http.StatusUnprocessableEntity, "Choose one of the options.")
		if got := w.results(t, internal); got != "0: Anna 0/0/0, Bert 0/0/0" {
			t.Errorf("%s", got)
		}
		w.end(t, other)
		w.vote(t, w.Anna, other, "yes").Sees(http.StatusConflict, "This poll has ended.")
		anna := w.visit(t, w.Anna.ID)
		anna.Get(other.Path + "vote/")
		anna.Sees(200, "Voting ended:")
		anna.DoesNotSee("Change my vote", `name="option_`)
	})
}

func TestInAnArchivedGroupVotesAreOnlyTakenBack(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Essen", true, with(choices("Reis"), url.Values{"ends": {"2099-01-01T10:00"}}))
	guest := w.guest(t, a, "Gustav", "yes")
	own := guest.Page.Path
	w.vote(t, w.Carla, a, "yes")
	cast.Execute(t, w.db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, w.Garten.EntityID)
	w.vote(t, w.Bert, a, "yes").Sees(http.StatusForbidden, "This group is archived")
	guest.Get(own)
	guest.Sees(200, "2 yes", "Gustav")
	guest.DoesNotSee(`name="option_`)
	guest.Send(own, a.ballot("no"), true)
	nobody := w.visit(t, 0)
	nobody.Get(a.Path)
	nobody.Sees(200, "2 people have voted.")
	nobody.DoesNotSee("Sign in to vote", a.Path+"vote/")
	carla := w.visit(t, w.Carla.ID)
	carla.Send(a.Path+"vote/", url.Values{"withdraw": {"1"}}, true)
	if got := w.votes(t, a); got != "Gustav yes" {
		t.Errorf("%s", got)
	}
}

// guest lets somebody vote who has not signed in.
func (w *town) guest(t *testing.T, a asked, name string, answers ...string) *webtest.Visitor {
	t.Helper()
	v := w.visit(t, 0)
	v.Get(a.Path + "vote/")
	form := a.ballot(answers...)
	form.Set("anonymous", name)
	form.Set("captcha_0", captchatest.Solve(t, v.Page.Body))
	form.Set("captcha_1", v.Form("captcha_1").Get("captcha_1"))
	v.Send(a.Path+"vote/", form, true)
	return v
}

func TestVisitorsVoteUnderAName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Essen", true, choices("Reis", "Nudeln"))
		v := w.guest(t, a, "Gustav", "yes", "no")
		v.Sees(200, "Your vote has been counted. Bookmark this page", "You voted as “Gustav”.")
		own := v.Page.Path
		w.guest(t, a, " GUSTAV ", "no", "no").Sees(http.StatusUnprocessableEntity, "Someone called “GUSTAV” has already voted.")
		w.guest(t, a, "", "no", "no").Sees(http.StatusUnprocessableEntity, "Enter a name, or sign in.")
		w.guest(t, a, strings.Repeat("x", 64), "no", "no").Sees(http.StatusUnprocessableEntity, "at most 63 characters")
		robot := w.visit(t, 0)
		robot.Send(a.Path+"vote/", with(a.ballot("yes"), url.Values{"anonymous": {"Robot"}}), true)
		robot.Sees(http.StatusUnprocessableEntity, "Please answer the question.")
		if got := w.votes(t, a); got != "Gustav yes no" {
			t.Errorf("%s", got)
		}
		v.Send(own, a.ballot("no", "yes"), true)
		v.Sees(200, "Your vote has been changed.")
		if got := w.results(t, a); got != "1: Nudeln 1/0/0, Reis 0/0/1" {
			t.Errorf("%s", got)
		}
		for _, wrong := range []string{own[:len(own)-2] + "x/", strings.Replace(own, "/votes/", "/votes/1", 1)} {
			if p := v.Ask(http.MethodGet, wrong); p.Status != http.StatusNotFound {
				t.Errorf("%s answers %d", wrong, p.Status)
			}
		}
		nobody := w.visit(t, 0)
		nobody.Get(a.Path)
		nobody.Sees(200, "Gustav", "(guest)")
		v.Send(own, url.Values{"withdraw": {"1"}}, true)
		v.Sees(200, "Your vote has been deleted.", "Nobody has voted yet.")
	})
}

func TestGuestsVoteOnlySoOften(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Essen", true, choices("Reis"))
	for n := range 30 {
		w.guest(t, a, "Gast "+strconv.Itoa(n), "yes").Sees(200, "Your vote has been counted.")
	}
	w.guest(t, a, "Gast 31", "yes").Sees(http.StatusTooManyRequests)
}

func TestResultsAreHiddenUntilTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		anna := w.visit(t, w.Anna.ID)
		anna.Send("/garten/polls/add/", with(choices("Reis"), url.Values{"title": {"x"}, "text": {"y"}, "hide_results": {"on"}}), true)
		anna.Sees(http.StatusUnprocessableEntity, "When does voting end?")
		anna.Send("/garten/polls/add/", with(choices("Reis"), url.Values{"title": {"x"}, "text": {"y"}, "ends": {"2020-01-01T10:00"}}), true)
		anna.Sees(http.StatusUnprocessableEntity, "Choose a time in the future.")
		a := w.ask(t, "Essen", true, with(choices("Reis", "Nudeln"), url.Values{"hide_results": {"on"}, "ends": {"2099-01-01T10:00"}}))
		w.vote(t, w.Bert, a, "no", "yes")
		w.vote(t, w.Carla, a, "no", "yes")
		for _, path := range []string{a.Path, "/stadt/polls", fmt.Sprintf("/stadt/content/%d/votes/", a.ID), fmt.Sprintf("/stadt/api/polls/%d/", a.ID)} {
			anna.Get(path)
			anna.Sees(200)
			anna.DoesNotSee("Carla", "2 yes", "<progress", "vote_counts")
			if strings.Index(anna.Page.Body, "Nudeln") < strings.Index(anna.Page.Body, "Reis") {
				t.Errorf("the order at %s tells how it stands", path)
			}
		}
		w.end(t, a)
		anna.Get(a.Path)
		anna.Sees(200, "Carla", "2 yes", "Voting ended:")
	})
}

func TestOptionsChangeAndVotesFollow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Essen", true, choices("Reis", "Nudel", "Suppe"))
		w.vote(t, w.Anna, a, "yes", "no", "yes")
		w.vote(t, w.Bert, a, "no", "yes", "maybe")
		anna := w.visit(t, w.Anna.ID)
		anna.Get(a.Path + "edit/")
		sent := anna.Form("title")
		rows := sent["option"]
		rows[0], rows[1], rows[3] = "", "Nudeln", "Klöße" // removed, renamed, added
		anna.Send(a.Path+"edit/", sent, true)
		anna.Sees(200, "The changes have been saved.", "Klöße")
		if got := w.votes(t, a); got != "anna no yes -, bert yes maybe -" {
			t.Errorf("%s", got)
		}
		if got := w.results(t, a); got != "2: Suppe 1/1/0, Nudeln 1/0/1, Klöße 0/0/0" {
			t.Errorf("%s", got)
		}
		anna.Get(a.Path + "edit/")
		for name, value := range map[string]string{"poll_type": "event", "vote_type": "condorcet"} {
			sent := with(anna.Form("title"), url.Values{name: {value}, "option_time": {"2099-01-01T10:00"}})
			if p := anna.Send(a.Path+"edit/", sent, true); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, "can’t be changed any more") {
				t.Errorf("%s is changed: %d", name, p.Status)
			}
			anna.Get(a.Path + "edit/")
		}
	})
}

func TestWrongPollsAreRefusedAndKept(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	anna := w.visit(t, w.Anna.ID)
	many := make([]string, 101)
	for n := range many {
		many[n] = "Option " + strconv.Itoa(n)
	}
	for sentence, fields := range map[string]url.Values{
		"Enter at least one option.":                choices("", " "),
		"The option “reis” is there twice.":         choices("Reis", "reis"),
		"A poll can have up to 100 options.":        choices(many...),
		"Use at most 255 characters for an option.": choices(strings.Repeat("x", 256)),
		"Enter at least one date.":                  {"poll_type": {"event"}, "option_time": {""}},
		"A date is there twice.":                    {"poll_type": {"event"}, "option_time": {"2099-01-01T10:00", "2099-01-01T10:00"}},
		"The end is before the start.":              {"poll_type": {"event"}, "option_time": {"2099-01-01T10:00"}, "option_until": {"2098-01-01T10:00"}},
		"Enter a date and a time like":              {"poll_type": {"event"}, "option_time": {"morgen"}},
		"Choose one of the options.":                with(choices("Reis"), url.Values{"vote_type": {"loud"}}),
	} {
		anna.Send("/garten/polls/add/", with(fields, url.Values{"title": {"Titel"}, "text": {"Text"}}), true)
		anna.Sees(http.StatusUnprocessableEntity, sentence, "Titel")
	}
}

// TestOfVotesAtOnceEachCountsOnce lets everybody vote at the same moment, some of them twice.
func TestOfVotesAtOnceEachCountsOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Essen", true, choices("Reis"))
		var all sync.WaitGroup
		for range 4 {
			for _, p := range []cast.Person{w.Anna, w.Bert, w.Carla} {
				all.Go(func() {
					if err := w.room.Cast(t.Context(), p.Viewer, a.ID, map[int64]int{a.Options[0]: 2}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		if got := w.results(t, a) + " " + w.votes(t, a); got != "3: Reis 3/0/0 anna yes, bert yes, carla yes" {
			t.Errorf("%s", got)
		}
	})
}

func TestADeletedAccountLeavesAVoteWithoutAName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Essen", true, choices("Reis"))
		w.vote(t, w.Carla, a, "yes")
		cast.Execute(t, w.db, `UPDATE poll_votes SET person_id = NULL`) // what the estate does
		anna := w.visit(t, w.Anna.ID)
		anna.Get(a.Path)
		anna.Sees(200, "deleted account", "1 yes, 0 maybe, 0 no")
		anna.DoesNotSee("Carla")
	})
}

// voteInSecret lets three people vote, each by one of the ballots, and returns what the database holds more than
// before.
func (w *town) voteInSecret(t *testing.T, method string, ballots [][2]int) string {
	t.Helper()
	a := w.ask(t, "Vorstand", true, with(choices("Anna", "Bert"), url.Values{"vote_type": {method}, "secret": {"on"}, "ends": {"2099-01-01T10:00"}}))
	before := dbtest.Dump(t, w.db)
	for n, p := range []cast.Person{w.Anna, w.Bert, w.Carla} {
		if err := w.room.Cast(t.Context(), p.Viewer, a.ID, map[int64]int{a.Options[0]: ballots[n][0], a.Options[1]: ballots[n][1]}); err != nil {
			t.Fatal(err)
		}
	}
	var more []string
	for _, line := range dbtest.Dump(t, w.db) {
		if !slices.Contains(before, line) {
			more = append(more, line)
		}
	}
	return strings.Join(more, "\n")
}

// TestADumpDoesNotTellWhoVotedWhat lets the same people vote in two towns for different things with the same result:
// what the databases hold is the same to the letter, in the order in which they find it.
func TestADumpDoesNotTellWhoVotedWhat(t *testing.T) {
	t.Parallel()
	for method, ballots := range map[string][][2]int{"simple": {{2, 0}, {0, 2}, {1, 1}}, "condorcet": {{1, 2}, {2, 1}, {1, 1}}} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
				first := newTown(t, db).voteInSecret(t, method, ballots)
				other := newTown(t, dbtest.Open(t, engineOf(t))).voteInSecret(t, method, [][2]int{ballots[1], ballots[2], ballots[0]})
				if first != other {
					t.Errorf("the database tells who voted what:\n%s\n\n%s", first, other)
				}
				if strings.Count(first, "poll_turnouts") != 3 || strings.Count(first, "\n") != 3 {
					t.Errorf("three people have voted, and this is known of it:\n%s", first)
				}
			})
		})
	}
}

// engineOf returns the engine that a test of dbtest.Each runs on.
func engineOf(t *testing.T) string {
	t.Helper()
	return t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]
}

func TestASecretVoteIsFinalAndHidden(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Vorstand", true, with(choices("Anna", "Bert"), url.Values{"secret": {"on"}, "ends": {"2099-01-01T10:00"}}))
		bert := w.vote(t, w.Bert, a, "no", "yes")
		bert.Sees(200, "Your vote has been counted. Nobody learns what you voted for.", "1 person has voted.", "The results are hidden until voting ends.")
		bert.DoesNotSee("1 yes", "Change my vote", "Delete my vote")
		w.vote(t, w.Bert, a, "yes", "no").Sees(http.StatusConflict, "This poll is secret, so a vote can’t be changed.")
		bert.Send(a.Path+"vote/", url.Values{"withdraw": {"1"}}, true)
		bert.Sees(http.StatusConflict, "This poll is secret")
		nobody := w.visit(t, 0)
		nobody.Get(a.Path)
		nobody.Sees(200, "Sign in to vote")
		if p := nobody.Send(a.Path+"vote/", with(a.ballot("yes", "no"), url.Values{"anonymous": {"Gustav"}}), false); !strings.HasPrefix(p.Header.Get("Location"), "/stadt/login") {
			t.Errorf("a stranger votes in secret: %d %s", p.Status, p.Header.Get("Location"))
		}
		var kept int
		if err := w.db.Get(t.Context(), &kept, `SELECT COUNT(*) FROM unsent_forms`); err != nil || kept > 0 {
			t.Errorf("the ballot of somebody whose session has ended is kept: %d, %v", kept, err)
		}
		anna := w.visit(t, w.Anna.ID)
		anna.Get(a.Path + "edit/")
		sent := anna.Form("title")
		sent["option"][0] = "Carla"
		anna.Send(a.Path+"edit/", sent, true)
		anna.Sees(http.StatusUnprocessableEntity, "Its options can’t be changed any more.")
		anna.Get(a.Path + "edit/")
		sent = anna.Form("title")
		sent.Del("secret")
		sent.Del("hide_results")
		anna.Send(a.Path+"edit/", sent, true)
		anna.Sees(200, "The changes have been saved.", "The results are hidden until voting ends.")
		w.end(t, a)
		anna.Get(a.Path)
		anna.Sees(200, "1 yes, 0 maybe, 0 no")
		anna.DoesNotSee("Bert Birke")
		anna.Get(fmt.Sprintf("/stadt/api/polls/%d/", a.ID))
		anna.Sees(200, `"votes":[]`, `"yes":1`)
		anna.Get(a.Path + "edit/")
		sent = with(anna.Form("title"), url.Values{"ends": {"2099-01-01T10:00"}})
		anna.Send(a.Path+"edit/", sent, true)
		anna.Sees(http.StatusUnprocessableEntity, "nobody can vote again")
	})
}
