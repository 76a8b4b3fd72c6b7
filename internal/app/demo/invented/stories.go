package invented

import "grouprise.org/grouprise/internal/kit/scenery"

// Story is an article that somebody wrote by hand. People go by their first names, groups by their names.
type Story struct {
	Group, Author, Title, Text string

	Hours            int // ago
	Internal, Pinned bool
	Picture          *scenery.Picture
	Shows            string // what the picture shows, for those who do not see it
	Comments         []Reply
}

// Reply is a comment, or a message of a conversation.
type Reply struct {
	Author, Text     string
	Hours            int // ago
	ByMail, Internal bool
}

func shot(scene string, hour scenery.Hour, season scenery.Season, seed uint64) *scenery.Picture {
	return &scenery.Picture{Scene: scene, Hour: hour, Season: season, Seed: seed}
}

// Stories are in the order of their ids.
func Stories() []Story {
	return []Story{
		{
			Group: "Garten am Bach", Author: "Anna", Title: "Erntefest am Bach", Hours: 26, Pinned: true,
			Text:    "Am Samstag feiern wir **Erntefest**, ab 14 Uhr und bis es dunkel wird.\n\n- Suppe aus allem, was wächst\n- Musik vom @chor\n- #Saatgut zum #Tauschen\n\nBringt Teller und Löffel mit. Wir freuen uns auf alle, die mit uns gegraben haben, und auf alle, die es noch vorhaben.",
			Picture: shot("allotments", scenery.Evening, scenery.Summer, 3), Shows: "Abendlicht über den Beeten, drei Menschen gießen und ernten vor dem Schuppen",
			Comments: []Reply{
				{Author: "Bert", Hours: 22, Text: "Ich bringe den großen Topf mit. Wer hat noch einen Kocher?"},
				{Author: "Carla", Hours: 18, Text: "Darf man auch ohne Garten kommen?"},
				{Author: "Anna", Hours: 17, Text: "Ja, unbedingt, @carla."},
				{Author: "Wanda", Hours: 9, Text: "Kocher habe ich zwei, aber nur eine Gasflasche. Und drei Kuchen, falls jemand fragt.", ByMail: true},
				{Author: "Carla", Hours: 3, Text: "Dann komme ich, mit Brot. Ist der Weg von der Mühle aus mit dem Kinderwagen zu schaffen?"},
			},
		},
		{
			Group: "Garten am Bach", Author: "Anna", Title: "Gießplan für den Sommer", Hours: 20, Internal: true,
			Text:     "Bitte tragt euch ein: je Woche brauchen wir **zwei Leute**.\n\n| Woche | Wer |\n|---|---|\n| 28 | Anna, Bert |\n| 29 | ? |\n| 30 | ? |\n\nDer Schlüssel zum Schuppen hängt am alten Platz.",
			Comments: []Reply{{Author: "Bert", Hours: 12, Text: "Woche 29 nehme ich, mit meiner Schwester zusammen.", ByMail: true}, {Author: "Hatice", Hours: 6, Text: "Woche 30 kann ich, aber erst ab Dienstag. Wer übernimmt den Montag?"}},
		},
		{
			Group: "Chor der Vielen", Author: "Anna", Title: "Neue Noten", Hours: 70, Internal: true,
			Text:     "Die Noten für das Winterkonzert liegen im Probenraum. Alt und Tenor proben am Donnerstag zusätzlich.\n\nWer nicht kommen kann: Viktor schickt auf Wunsch Aufnahmen der einzelnen Stimmen.",
			Comments: []Reply{{Author: "Viktor", Hours: 66, Text: "Der Tenor ist bis Takt 40 fertig, der Rest folgt am Wochenende.", ByMail: true}, {Author: "Samira", Hours: 50, Text: "Danke! Der Alt klingt mit dem Staubsauger im Hintergrund fast besser."}},
		},
		{
			Group: "Chor der Vielen", Author: "Samira", Title: "Winterkonzert in der alten Turnhalle", Hours: 30,
			Text:    "Zwölf Lieder aus acht Ländern, und bei dreien dürft ihr mitsingen. Der Eintritt ist frei, der Hut geht herum.\n\n## So war es beim letzten Mal\n\nDie Halle war voll, die Heizung aus, und beim letzten Lied standen alle. In diesem Jahr gibt es **mehr Stühle** und Tee in der Pause.\n\nWer beim Aufbau helfen mag, kommt schon um 16 Uhr. #Musik",
			Picture: shot("choir", scenery.Evening, scenery.Winter, 5), Shows: "Der Chor steht in zwei Reihen auf dem Podest und singt, vorn dirigiert jemand",
			Comments: []Reply{
				{Author: "Ulla", Hours: 27, Text: "Ich bringe die Klasse von damals mit. Die sind inzwischen alle über dreißig."},
				{Author: "Mehmet", Hours: 24, Text: "Die Linie 4 fährt an dem Abend bis Mitternacht, ich sitze selbst am Steuer."},
				{Author: "Grace", Hours: 8, Text: "Is there a seat for someone who only knows the English verse?"},
				{Author: "Samira", Hours: 7, Text: "Two, at least, @grace-whitfield. Bring a friend."},
			},
		},
		{
			Group: "Flussufer", Author: "Esra", Title: "Die Treppe zum Wasser ist offen", Hours: 5,
			Text:    "Seit heute Morgen kann man an der alten Brücke wieder bis ans Wasser gehen. Drei Jahre haben wir darum geworben, elf Samstage haben wir Steine getragen.\n\nDas Bootshaus verleiht am Wochenende **zwei Ruderboote**, gegen Spende und mit Schwimmweste. Die Enten waren zuerst da und haben Vorfahrt.\n\n## Was noch fehlt\n\n- ein Geländer für die unterste Stufe\n- zwei Bänke, am liebsten mit Lehne\n- jemand zum Rosenschneiden",
			Picture: shot("bridge", scenery.Morning, scenery.Spring, 4), Shows: "Morgens am Fluss: zwei Ruderboote und Enten vor der Bogenbrücke, auf der Leute spazieren",
			Comments: []Reply{
				{Author: "Igor", Hours: 4, Text: "Ich war um sechs dort und allein. So still war die Stadt noch nie."},
				{Author: "Wanda", Hours: 3, Text: "Rosen schneide ich gern, wenn mir jemand die Leiter hält.", ByMail: true},
			},
		},
		{
			Group: "Radentscheid", Author: "Kofi", Title: "Der Südring bekommt seine Radspur", Hours: 10,
			Text:    "Der Rat hat gestern Abend zugestimmt: 22 zu 9. Im Frühjahr wird auf dem ganzen Südring eine Spur **zwei Meter breit** und farbig markiert.\n\nGezählt haben wir selbst: 3.412 Fahrräder an einem Dienstag im Regen. Danke an alle, die mit Klemmbrett an der Kreuzung standen.\n\nAm Sonntag fahren wir die Strecke gemeinsam ab. Treffpunkt ist der alte Bahnhof, um 11 Uhr, auch mit Kinderrädern.",
			Picture: shot("bicycles", scenery.Day, scenery.Summer, 11), Shows: "Drei Menschen fahren auf einer breiten, farbigen Radspur an einer Häuserzeile vorbei",
			Comments: []Reply{
				{Author: "Lotte", Hours: 9, Text: "Gilt das auch für Longboards? Ich frage für eine Freundin, die ich bin."},
				{Author: "Esra", Hours: 8, Text: "Die Spur ist rechtlich ein Radweg. Wir klären das und schreiben es hier hin."},
				{Author: "Georg", Hours: 6, Text: "Mein Rad ist Jahrgang 1961 und freut sich.", ByMail: true},
			},
		},
		{
			Group: "International Table", Author: "Amara", Title: "Friday dinner: bring a dish, or just your hunger", Hours: 14,
			Text:    "We cook for thirty and there are always forty of us, and somehow it works. This Friday **Malik** takes over the big pot: jollof rice, one mild and one honest.\n\nIf you're new in town: nobody here expects you to speak German. Most of us didn't, and the ones who did have forgotten the rules.\n\n- Doors open at 6 pm, dinner is at 7\n- Kids eat first\n- Step-free entrance on the courtyard side",
			Picture: shot("party", scenery.Evening, scenery.Summer, 8), Shows: "A long table in the street at dusk, with lanterns and bunting above people who share a meal",
			Comments: []Reply{
				{Author: "Grace", Hours: 12, Text: "I'll bring two trifles. Someone has to."},
				{Author: "Daria", Hours: 11, Text: "Six pierogi each, so tell me now if you're coming!"},
				{Author: "Kofi", Hours: 5, Text: "Coming straight from the ring road. Save me the honest one."},
			},
		},
		{
			Group: "Lake Swimmers", Author: "Nora", Title: "First swim after the thaw", Hours: 50,
			Text:    "The ice is gone, the water is 7 °C and the tea is hot. We meet on the north jetty at 8 on Sunday.\n\nNew to cold water? **Don't jump.** Walk in, breathe out, stay close to the jetty for the first minute, and get out while you still feel brave. Two of us stay on land with blankets.",
			Picture: shot("lake", scenery.Morning, scenery.Spring, 9), Shows: "Morning on the lake: swimmers in the water, sailing boats behind them, people sitting on the jetty",
			Comments: []Reply{{Author: "Igor", Hours: 47, Text: "I'll hold the blankets. And the camera."}, {Author: "Amara", Hours: 30, Text: "My kids want to know whether ducks get cold feet.", ByMail: true}},
		},
		{
			Group: "Repaircafé", Author: "Jakob", Title: "43 Dinge, die wieder gehen", Hours: 34,
			Text:    "Bilanz vom Donnerstag: elf Lampen, sechs Toaster, vier Radios, ein Karussell für Zimmer mit hohen Decken. Nur drei Sachen mussten wir aufgeben, und die haben wir ordentlich zerlegt.\n\nBeim nächsten Mal steht der **Nähtisch** wieder. Wer Knöpfe hat, die niemand vermisst: gern mitbringen.",
			Picture: shot("workshop", scenery.Day, scenery.Summer, 6), Shows: "In der Werkstatt: zwei Leute reparieren ein Radio an der Werkbank, daneben hängt ein Fahrrad am Ständer",
			Comments: []Reply{{Author: "Wanda", Hours: 31, Text: "Das Karussell läuft! Die Enkel lassen grüßen."}, {Author: "Tom", Hours: 28, Text: "Falls noch jemand einen Toaster mit dem roten Hebel hat, ich brauche genau den Hebel."}},
		},
		{
			Group: "Foodsharing", Author: "Malik", Title: "Montag: Suppe aus 60 Kilo Möhren", Hours: 44,
			Text:    "Der Großmarkt hatte zu viel, wir hatten Töpfe. Von 17 bis 20 Uhr gibt es Suppe, Salat und Kuchen, für alle und ohne Liste.\n\nWas übrig bleibt, steht danach im **Kühlschrank in der Bachgasse**. Bitte schreibt das Datum auf die Dose.",
			Picture: shot("kitchen", scenery.Day, scenery.Autumn, 12), Shows: "Vier Menschen kochen zusammen in einer großen Küche, auf der Theke liegen Gemüse und Brot",
			Comments: []Reply{{Author: "Rosa", Hours: 40, Text: "Ich fahre zehn Portionen zu denen, die nicht mehr gut die Treppe hinunterkommen."}, {Author: "Hatice", Hours: 39, Text: "Nimm Börek mit, @rosa-ebert, liegt bei mir bereit."}},
		},
		{
			Group: "Lesekreis Mittwoch", Author: "Hatice", Title: "Unser Buch im nächsten Monat", Hours: 60,
			Text:    "Gewonnen hat, mit einer Stimme Vorsprung, der dicke Roman über die Brückenbauer. Die Bibliothek hat **acht Exemplare**, drei davon in großer Schrift.\n\nWir lesen bis zum Ende des zweiten Teils. Wer früher fertig ist, verrät nichts.",
			Picture: shot("library", scenery.Evening, scenery.Winter, 7), Shows: "Menschen lesen abends in Sesseln und auf dem Teppich, ringsum volle Bücherregale",
			Comments: []Reply{{Author: "Ulla", Hours: 55, Text: "Seite 211. Mehr sage ich nicht."}},
		},
		{
			Group: "Theatergruppe Kulisse", Author: "Pavel", Title: "Premiere: Der König und die Zugbrücke", Hours: 76,
			Text:    "Am zweiten Freitag geht der Vorhang auf. Es spielen dreizehn Menschen und eine Nebelmaschine, die nur manchmal will.\n\nKarten gibt es bei der **Brotgemeinschaft** am Markt, zum Preis von einem Laib. Die Generalprobe am Donnerstag ist offen für alle, denen zwei Stunden am Stück zu lang sind: Man darf gehen, flüstern und wiederkommen.",
			Picture: shot("theatre", scenery.Night, scenery.Autumn, 2), Shows: "Auf der Bühne stehen zwei Figuren im Scheinwerferlicht, eine mit Krone, davor sitzt das Publikum",
			Comments: []Reply{{Author: "Lale", Hours: 70, Text: "Die Nebelmaschine will immer, wenn ich Trompete spiele."}},
		},
		{
			Group: "Skatepark jetzt", Author: "Lotte", Title: "Die Rampe ist fertig", Hours: 90,
			Text:    "Sechs Wochenenden, vier Kubikmeter Beton, eine Blase an jedem Finger: Die große Rampe steht.\n\nAm Sonntag zeigen wir, wie man **fällt, ohne sich wehzutun**. Helme liegen bereit, für Köpfe von 4 bis 74.",
			Picture: shot("skatepark", scenery.Day, scenery.Spring, 10), Shows: "Drei Jugendliche fahren in der neuen Rampe Skateboard, oben am Rand schauen andere zu",
			Comments: []Reply{{Author: "Georg", Hours: 84, Text: "74 bin ich erst im Mai. Zählt das?", ByMail: true}, {Author: "Lotte", Hours: 83, Text: "Für dich machen wir eine Ausnahme, @georg-thiele."}},
		},
		{
			Group: "Brotgemeinschaft", Author: "Thea", Title: "Freitags brennt der Ofen", Hours: 100,
			Text:    "Wer ein eigenes Brot backen will, bringt den Teig bis 7 Uhr. Wer keines hat, holt sich ab 10 Uhr eines von uns: Roggen, Dinkel und **das mit den Feigen**.\n\nMehl kommt von der Mühle im Tal, Holz aus dem Stadtwald, die Brezeln sind das Geheimnis von Mehmet.",
			Picture: shot("bakery", scenery.Morning, scenery.Autumn, 13), Shows: "Vor der Bäckerei am Markt stehen Leute an, im Fenster liegen Brote und Brezeln",
			Comments: []Reply{{Author: "Mehmet", Hours: 95, Text: "Das Geheimnis ist Geduld. Und Lauge."}},
		},
		{
			Group: "Nachbarschaftshilfe", Author: "Rosa", Title: "Wer geht mit einkaufen?", Hours: 110,
			Text:    "Vier Menschen im Südviertel freuen sich über Begleitung: eine Stunde in der Woche, meistens Dienstag oder Freitag, zu Fuß und ohne Eile.\n\nMan muss **nichts können**, nur zuhören und eine Tasche tragen. Schreib uns, dann lernen wir uns kennen.",
			Picture: shot("neighbours", scenery.Day, scenery.Autumn, 14), Shows: "Zwei Menschen gehen mit einer Einkaufstasche durch den Park, auf einer Bank sitzen zwei andere, ein Hund wartet",
			Comments: []Reply{{Author: "Mehmet", Hours: 104, Text: "Dienstags habe ich Frühschicht und ab zwei Zeit."}},
		},
		{
			Group: "Imkerei am Dach", Author: "Frieda", Title: "Honig vom Bürgerhaus", Hours: 130,
			Text:    "Aus drei Völkern wurden 61 Gläser. Er schmeckt nach Linde, ein wenig nach Kastanie und, sagt Igor, nach Dachpappe.\n\nJede Gruppe im Haus bekommt ein Glas. Die übrigen stehen am Samstag auf dem **Wochenmarkt**, solange sie reichen.",
			Picture: shot("bees", scenery.Day, scenery.Summer, 15), Shows: "Zwei Leute mit Imkerhüten stehen auf dem Dach neben drei bunten Bienenstöcken, dahinter die Stadt",
		},
		{
			Group: "Wochenmarkt", Author: "Thea", Title: "Was am Samstag reif ist", Hours: 16,
			Text:    "Äpfel vom Hang, die ersten Quitten, Mangold in drei Farben. Der Käsestand kommt erst um neun, dafür mit Ziege.\n\nNeu ist der **Tauschtisch** neben dem Brunnen: Wer zu viele Zucchini hat, stellt sie hin. Es haben alle zu viele Zucchini.",
			Picture: shot("market", scenery.Morning, scenery.Autumn, 1), Shows: "Drei Marktstände mit gestreiften Dächern auf dem Platz, davor Menschen mit Körben",
			Comments: []Reply{{Author: "Malik", Hours: 13, Text: "Ich nehme alle Zucchini. Wirklich alle."}},
		},
		{
			Group: "Sprachcafé", Author: "Daria", Title: "Mittwochs draußen, solange es geht", Hours: 150,
			Text:    "Die Tische stehen jetzt vor dem Café am Markt. Deutsch, Türkisch, Polnisch, Englisch und seit Neuestem **Gebärdensprache** bei Nora.\n\nSetz dich dazu, bestell etwas, sag einen Satz. Der zweite kommt von allein.",
			Picture: shot("cafe", scenery.Day, scenery.Summer, 16), Shows: "Unter drei Sonnenschirmen sitzen Menschen an Cafétischen und unterhalten sich",
		},
		{
			Group: "Kleidertausch", Author: "Lale", Title: "Mantel sucht Mensch", Hours: 170,
			Text:    "Über Nacht sind uns zwei Kleiderstangen gewachsen. Am Sonntag von 14 bis 17 Uhr wird getauscht, anprobiert und gelacht.\n\nBitte bringt nur, was **gewaschen und heil** ist, höchstens zehn Teile. Was bleibt, geht an die Nachbarschaftshilfe.",
			Picture: shot("clothes", scenery.Day, scenery.Winter, 17), Shows: "Menschen stöbern an einer Kleiderstange und vor einem Spiegel, auf einem Tisch liegen Stapel",
		},
		{
			Group: "Mietenbündnis", Author: "Esra", Title: "Hoffest am Südring 40", Hours: 190,
			Text:    "Im Hof stehen Tische, oben hängen Lichter, und um 16 Uhr erklärt uns jemand vom Verein die neue Heizkostenabrechnung. **Danach gibt es Kuchen.**\n\nBringt eure letzte Abrechnung mit, wir schauen gemeinsam hinein.",
			Picture: shot("houses", scenery.Evening, scenery.Summer, 18), Shows: "Nachbarinnen und Nachbarn feiern im Hof unter Lichterketten, hinter ihnen bunte Häuser mit Balkonen",
		},
		{
			Group: "Spielplatzpatenschaft", Author: "Samira", Title: "Rutsche frisch lackiert", Hours: 120,
			Text:    "Sie ist jetzt gelb und sehr schnell. Zwölf Kinder haben sie geprüft, niemand hatte Einwände.\n\nIm Park am Südring fehlt noch **eine Patin oder ein Pate für die Schaukeln**: einmal im Monat nachsehen, ob alles fest ist.",
			Picture: shot("playground", scenery.Day, scenery.Summer, 19), Shows: "Kinder schaukeln, rutschen und spielen im Sand, auf einer Bank sitzen zwei Erwachsene",
		},
		{
			Group: "Book Swap", Author: "Grace", Title: "Sunday at four: books that changed our minds", Hours: 140,
			Text:     "Bring one book that changed your mind about something, however small. Last month it was a cookbook, a field guide to mosses and the railway timetable of 1987.\n\n**Nobody has to speak.** You can also just put a note inside the cover.",
			Comments: []Reply{{Author: "Viktor", Hours: 133, Text: "The timetable was mine. It is still correct in places.", ByMail: true}},
		},
		{
			Group: "Netzwerkstatt", Author: "demo-admin", Title: "Neu hier? So findest du deine Gruppe", Hours: 200, Pinned: true,
			Text:    "Diese Seite gehört allen Gruppen der Stadt. Sie schreiben hier, was sie vorhaben, und du entscheidest, was du davon hören möchtest.\n\n1. Sieh dir die [Gruppen](/stadt/groups/) an und abonniere, was dich interessiert.\n2. Schreib einer Gruppe, wenn du eine Frage hast. Du brauchst dafür kein Konto.\n3. Du hast selbst etwas vor? Eine Gruppe ist in einer Minute angelegt.\n\nAntworten kannst du auch **per E-Mail**: einfach auf die Nachricht antworten, die du bekommst.",
			Picture: shot("rooftops", scenery.Evening, scenery.Summer, 20), Shows: "Über den Dächern der Stadt verbinden Lichtpunkte drei Antennen, zwei Leute winken sich zu",
			Comments: []Reply{{Author: "Ulla", Hours: 180, Text: "Das mit der E-Mail probiere ich gleich. Wenn ihr das lest, hat es geklappt.", ByMail: true}},
		},
		{
			Group: "Straßenfest Mühlenviertel", Author: "Mehmet", Title: "Wer bringt was mit?", Hours: 65,
			Text:     "Die Straße ist angemeldet, die Bänke sind geliehen. Es fehlen noch **vier Salate, ein langes Kabel und Musik ab acht**.\n\nTragt euch in den Kommentaren ein. Auto bitte bis 9 Uhr umparken, danach gehört die Straße den Kindern.",
			Comments: []Reply{{Author: "Tom", Hours: 60, Text: "Kabel habe ich in jeder Länge."}, {Author: "Lale", Hours: 58, Text: "Musik ab acht: gern. Bis acht leise: weniger gern."}, {Author: "Wanda", Hours: 52, Text: "Zwei Salate. Einer ohne alles, einer mit allem."}},
		},
	}
}
