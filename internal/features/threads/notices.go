package threads

import "grouprise.org/grouprise/internal/core/notify"

// Compose puts into a message what every notice of a contribution says: who speaks, what and when, its files, and what a
// reply by mail answers.
func (c Contribution) Compose(m *notify.Message) {
	m.From = notify.Sender{Name: c.AuthorName, Slug: c.AuthorSlug}
	m.Text, m.Format, m.Cut.Happened = c.Text, c.Format, c.Cut != ""
	m.Date = c.CreatedAt
	m.Answer = notify.Answer{ContributionID: c.ID}
	for _, f := range c.Files {
		m.Attachments = append(m.Attachments, notify.Attachment{Name: f.OriginalName, MediaType: f.MediaType, File: f.Name, Size: f.Size})
	}
}
