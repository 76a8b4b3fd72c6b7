package invented

import "grouprise.org/grouprise/internal/kit/scenery"

// Gallery is one that was thought of by hand.
type Gallery struct {
	Group, Author, Title, Text string

	Hours            int // ago
	Internal, Pinned bool
	Pictures         []Snapshot
}

// Snapshot is a picture of a gallery.
type Snapshot struct {
	Picture        *scenery.Picture
	Shows, Caption string
}

// Galleries are in the order of their ids.
func Galleries() []Gallery {
	return []Gallery{
		{
			Group: "Garten am Bach", Author: "Anna", Title: "Ein Jahr im Garten", Hours: 700, Pinned: true,
			Text: "Vom ersten Spatenstich bis zum letzten Kürbis.",
			Pictures: []Snapshot{
				{shot("allotments", scenery.Morning, scenery.Spring, 31), "Morgens im Frühling: frisch umgegrabene Beete, zwei Menschen säen", "März: Wir säen Spinat"},
				{shot("bees", scenery.Day, scenery.Summer, 32), "Neben den Beeten stehen bunte Bienenstöcke, jemand mit Imkerhut hebt einen Rahmen", "Mai: Die Bienen sind da"},
				{shot("allotments", scenery.Evening, scenery.Summer, 33), "Abendlicht über hohen Stauden, drei Menschen gießen", "Juli: Gießdienst bis neun"},
				{shot("kitchen", scenery.Day, scenery.Autumn, 34), "Vier Menschen schneiden Gemüse in einer großen Küche", "Oktober: Suppe für alle"},
				{shot("allotments", scenery.Day, scenery.Winter, 35), "Der Garten unter Schnee, Spuren führen zum Schuppen", "Januar: Pause"},
			},
		},
		{
			Group: "Chor der Vielen", Author: "Anna", Title: "Probenwochenende am See", Hours: 60, Internal: true,
			Pictures: []Snapshot{
				{shot("lake", scenery.Evening, scenery.Summer, 41), "Abend am See, Menschen sitzen auf dem Steg", "Nach der ersten Probe"},
				{shot("choir", scenery.Evening, scenery.Summer, 42), "Der Chor steht in zwei Reihen auf dem Podest und singt", ""},
				{shot("bridge", scenery.Morning, scenery.Summer, 43), "Morgens am Fluss: Ruderboote vor der Bogenbrücke", "Heimweg"},
			},
		},
		{
			Group: "Flussufer", Author: "Igor", Title: "Die Stadt, bevor sie aufwacht", Hours: 30,
			Text: "Vierzig Minuten an einem Morgen, von der Brücke bis zum Markt.",
			Pictures: []Snapshot{
				{shot("bridge", scenery.Morning, scenery.Autumn, 51), "Nebel am Fluss, die Brücke ist leer", "6:10"},
				{shot("bakery", scenery.Morning, scenery.Autumn, 52), "In der Bäckerei brennt schon Licht, zwei Leute warten", "6:25"},
				{shot("houses", scenery.Morning, scenery.Autumn, 53), "Bunte Häuser mit Balkonen, die meisten Fenster sind dunkel", ""},
				{shot("market", scenery.Morning, scenery.Autumn, 54), "Drei Marktstände werden aufgebaut", "6:50"},
			},
		},
	}
}
