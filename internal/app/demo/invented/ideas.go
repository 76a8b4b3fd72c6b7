package invented

// Idea is a group that many towns have, and what it looks like.
type Idea struct {
	Name, Description, Place string

	Scene   string // of drawing; an idea without one has no accent either
	Accent  int
	Closed  bool
	English bool
}

// CastIdeas are the groups of the fixed cast, in the order of their ids.
func CastIdeas() []Idea {
	return []Idea{
		{"Netzwerkstatt", "Wir betreiben diese Seite für alle Gruppen der Stadt. Du hast eine Frage? Schreib uns, wir antworten meistens am selben Tag.", "Bürgerhaus, Raum 4", "rooftops", 0x4a5a8c, false, false},
		{"Garten am Bach", "Ein Gemeinschaftsgarten hinter der alten Mühle, mit 14 Beeten, einem Schuppen und vielen Gießkannen. Jeden Samstag ab 10 Uhr, auch ohne Anmeldung.", "Mühlenweg 3", "allotments", 0x2f7a4f, false, false},
		{"Chor der Vielen", "Wir singen, was uns gefällt, in acht Sprachen und vier Stimmen. Dienstags um 19 Uhr in der alten Turnhalle.", "Alte Turnhalle, Schulgasse 2", "choir", 0x8a3f6b, true, false},
	}
}

// GroupIdeas are the others, the largest first.
func GroupIdeas() []Idea {
	return []Idea{
		{"Repaircafé", "Wir reparieren zusammen, was sonst weggeworfen würde. Jeden zweiten Donnerstag ab 17 Uhr, Kuchen gibt es auch.", "Bürgerhaus, Werkraum", "workshop", 0xa8532f, false, false},
		{"Radentscheid", "Für sichere Wege mit dem Rad, durch die ganze Stadt. Wir zählen, zeichnen, verhandeln und fahren.", "Am alten Bahnhof 1", "bicycles", 0x2f6f9c, false, false},
		{"Lesekreis Mittwoch", "Jeden Monat ein Buch und ein langer Abend darüber. Wer es nicht geschafft hat, hört zu.", "Stadtbibliothek, Lesesaal", "library", 0x6a4f96, false, false},
		{"Foodsharing", "Wir retten Essen und verteilen es weiter. Jeden Montag kochen wir aus allem, was da ist.", "Bachgasse 12", "kitchen", 0x4f7a2f, false, false},
		{"International Table", "Dinner, questions and company for everyone who is new in town. First Friday of the month; kids are welcome.", "Bürgerhaus, Raum 2", "party", 0xa8484f, false, true},
		{"Nachbarschaftshilfe", "Einkaufen, begleiten, zuhören. Wer Hilfe braucht oder Zeit hat, meldet sich hier.", "Bachgasse 12", "neighbours", 0xb04a5a, false, false},
		{"Theatergruppe Kulisse", "Wir spielen, was uns bewegt, zweimal im Jahr vor vollem Saal. Geprobt wird am Donnerstag.", "Bürgerhaus, Saal", "theatre", 0x9c3f3a, true, false},
		{"Lake Swimmers", "We swim across the lake and back, slowly, all year round. Tea and biscuits on the jetty afterwards.", "Badesteg Nord", "lake", 0x1f7886, false, true},
		{"Sprachcafé", "Sprechen üben bei Kaffee und Kuchen. Fehler sind ausdrücklich erlaubt.", "Café am Markt", "cafe", 0x8a6420, false, false},
		{"Skatepark jetzt", "Ein Platz für alle, die rollen. Der erste Bauabschnitt steht, der zweite braucht uns noch.", "Am alten Bahnhof 1", "skatepark", 0x35708a, false, false},
		{"Kleidertausch", "Bring, was dir nicht mehr passt, nimm, was dir gefällt. Jeden letzten Sonntag im Monat.", "Bürgerhaus, Foyer", "clothes", 0xa34470, false, false},
		{"Brotgemeinschaft", "Wir backen zusammen und teilen, was aus dem Ofen kommt. Der Holzofen brennt jeden Freitag ab 6 Uhr.", "Marktplatz 7", "bakery", 0x99552b, false, false},
		{"Mietenbündnis", "Gemeinsam gegen steigende Mieten. Offene Beratung am Montag, Hoffest im September.", "Südring 40", "houses", 0x4d5f9e, false, false},
		{"Imkerei am Dach", "Bienen über der Stadt: drei Völker auf dem Bürgerhaus, und jedes Jahr ein Glas für alle, die helfen.", "Bürgerhaus, Dach", "bees", 0x86691a, true, false},
		{"Wochenmarkt", "Die Stände am Markt stellen sich vor, sagen, was gerade reif ist, und wer am Samstag kommt.", "Marktplatz", "market", 0x3f7d3a, false, false},
		{"Spielplatzpatenschaft", "Wir streichen, schrauben und passen auf. Jeder Spielplatz in der Stadt soll eine Patin oder einen Paten haben.", "Park am Südring", "playground", 0xa8602a, false, false},
		{"Flussufer", "Für ein Ufer, an dem man sitzen kann. Wir räumen auf, pflanzen und rudern.", "Bootshaus an der Brücke", "bridge", 0x2a6f7c, false, false},
		{"Book Swap", "Bring a book, take a book, tell us why. Mostly in English, Sundays at four.", "Stadtbibliothek, Foyer", "library", 0x57508f, false, true},
		{"Straßenfest Mühlenviertel", "Einmal im Jahr gehört die Straße uns. Hier planen wir, wer was mitbringt.", "Mühlenweg", "party", 0x9a5530, false, false},
	}
}
