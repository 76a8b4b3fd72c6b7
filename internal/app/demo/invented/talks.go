package invented

// Talk is a conversation with a group or a person.
type Talk struct {
	With, Subject string // With: the name of a group, or the first name of a person
	Messages      []Reply
	Applies       bool // its first message asks for membership
}

// Talks are in the order of their ids; the first one is Carla's with the garden.
func Talks() []Talk {
	return []Talk{
		{With: "Garten am Bach", Subject: "Ein Beet für drei Familien?", Messages: []Reply{
			{Author: "Carla", Hours: 75, Text: "Guten Tag,\n\nwir sind drei Familien aus der Bachgasse und hätten gern zusammen ein Beet. Geht das, und was kostet es?"},
			{Author: "Bert", Hours: 70, Text: "Hallo Carla,\n\ndas geht sehr gut. Ein Beet kostet 30 Euro im Jahr, Wasser und Werkzeug sind dabei. Beet 9 wird im Frühjahr frei.", ByMail: true},
			{Author: "Anna", Hours: 68, Text: "Kommt am Samstag zum Erntefest, dann zeige ich euch Beet 9."},
			{Author: "Carla", Hours: 2, Text: "Wir kommen zu siebt. Der Schlüssel für das Tor liegt dann noch bei euch?"},
		}},
		{With: "Chor der Vielen", Subject: "Ich würde gern mitsingen", Applies: true, Messages: []Reply{
			{Author: "Carla", Hours: 4, Text: "Liebe Chorleute,\n\nich habe euch am Fluss gehört und seitdem nicht mehr aufgehört zu summen. Ich bin Mezzo, glaube ich, und dienstags habe ich Zeit. Darf ich mitmachen?"},
		}},
		{With: "Anna", Subject: "Einladung in den Lesekreis", Messages: []Reply{
			{Author: "Hatice", Hours: 28, Text: "Liebe Anna,\n\nam Mittwoch reden wir über das Gartenbuch, das du mir geliehen hast. Hast du Lust, dazuzukommen? Ein Platz am Ofen ist frei."},
			{Author: "Anna", Hours: 26, Text: "Sehr gern. Ich bringe Apfelmus mit."},
			{Author: "Hatice", Hours: 5, Text: "Wunderbar, dann um sieben im Lesesaal. Und bring das zweite Gartenbuch auch mit."},
		}},
		{With: "Bert", Subject: "Leiter bis Sonntag?", Messages: []Reply{
			{Author: "Wanda", Hours: 7, Text: "Lieber Bert,\n\ndie Leihleiter ist bei der Theatergruppe, und am Flussufer warten die Rosen. Kann ich deine bis Sonntag haben?", ByMail: true},
		}},
		{With: "Netzwerkstatt", Subject: "Gemeldet: /wochenmarkt/was-am-samstag-reif-ist/", Messages: []Reply{
			{Author: "Georg", Hours: 6, Text: "Unter dem Artikel stand heute früh Werbung für Sonnenbrillen. Sie ist schon wieder weg, aber vielleicht seht ihr nach, woher sie kam.", ByMail: true},
		}},
		{With: "Netzwerkstatt", Subject: "Starting a group for board games", Messages: []Reply{
			{Author: "Daria", Hours: 32, Text: "Hi, we're nine people and two hundred board games. Can we have a group here, and can it be in English and Polish?"},
			{Author: "demo-admin", Hours: 30, Text: "Hello Daria, yes and yes. Choose “Start a group” on the groups page; you can write in any language you like."},
			{Author: "Daria", Hours: 11, Text: "That was quick. One more question: can members answer by email only? Two of us have no smartphone."},
		}},
		{With: "Garten am Bach", Subject: "Saatgut von der Mühle", Messages: []Reply{
			{Author: "Georg", Hours: 52, Text: "Im Keller der Mühle standen noch zwei Säckchen Feuerbohnen, Ernte vom letzten Jahr. Wer mag?", ByMail: true},
			{Author: "Bert", Hours: 48, Text: "Ich hole sie am Donnerstag ab."},
		}},
		{With: "Repaircafé", Subject: "Plattenspieler ohne Nadel", Messages: []Reply{
			{Author: "Viktor", Hours: 80, Text: "Habt ihr Nadeln für einen Plattenspieler von 1974 oder wisst ihr, wer welche hat?"},
			{Author: "Jakob", Hours: 77, Text: "Bring ihn am Donnerstag mit, Georg hat eine Schublade voll."},
		}},
	}
}
