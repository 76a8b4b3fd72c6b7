package polls

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
)

// OptionField is the name of the field about an option.
func OptionField(id int64) string { return optionField(id) }

// ParseAnswer reads an answer by mail: "yes", "maybe" or "no", or "" for what is none.
func ParseAnswer(text string) string {
	value, ok := parseAnswer(text)
	if !ok {
		return ""
	}
	return answerName(value)
}

// Results returns how a poll stands, the best first.
func (r *Polls) Results(ctx context.Context, id int64) (string, error) {
	p, err := getPoll(ctx, r.deps.DB, id)
	if err != nil {
		return "", err
	}
	all := []string{}
	for _, s := range p.standings() {
		name := s.Title + s.Begins
		if p.Ranked {
			all = append(all, fmt.Sprintf("%s %d%%", name, s.Percent))
		} else {
			all = append(all, fmt.Sprintf("%s %d/%d/%d", name, s.Yes, s.Maybe, s.No))
		}
	}
	return fmt.Sprintf("%d: %s", p.Tally.Voters, strings.Join(all, ", ")), nil
}

// Votes returns who has voted how.
func (r *Polls) Votes(ctx context.Context, id int64) (all []string, err error) {
	p, err := getPoll(ctx, r.deps.DB, id)
	if err != nil {
		return nil, err
	}
	votes, err := listVotes(ctx, r.deps.DB, id, 1000)
	if err != nil {
		return nil, err
	}
	for _, v := range votes {
		b, err := v.ballot()
		if err != nil {
			return nil, err
		}
		line := v.Slug
		if line == "" {
			line = v.Name
		}
		for _, o := range p.Options {
			value, voted := b[o.ID]
			switch {
			case !voted:
				line += " -"
			case p.Ranked:
				line += fmt.Sprintf(" %d", value)
			default:
				line += " " + answerName(value)
			}
		}
		all = append(all, line)
	}
	return all, nil
}

// Cast lets somebody say something in a poll: values by the ids of options.
func (r *Polls) Cast(ctx context.Context, v community.Viewer, id int64, values map[int64]int) error {
	_, err := r.vote(ctx, v, said{ContentID: id, Ballot: values})
	return err
}
