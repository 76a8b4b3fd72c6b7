// Package invented is what the people of the demonstration town are called, write and say.
package invented

// What the town is made of. Its people write German, as in most towns that this program serves.
var (
	firstNames = []string{
		"Ada", "Ahmet", "Alma", "Anton", "Aylin", "Benno", "Clara", "Daria", "Edgar", "Elif", "Emil", "Esra", "Fanny", "Felix", "Frieda", "Georg",
		"Greta", "Hanna", "Hassan", "Ida", "Igor", "Ines", "Jakob", "Janna", "Jonas", "Juri", "Karla", "Kofi", "Lale", "Lena", "Levin", "Lotte",
		"Malik", "Marta", "Mila", "Mehmet", "Nele", "Nora", "Olga", "Oskar", "Paula", "Pavel", "Rahel", "Rosa", "Samira", "Selma", "Simon", "Sofia",
		"Tarek", "Thea", "Tilda", "Tom", "Ulla", "Vera", "Viktor", "Wanda", "Yara", "Yusuf", "Zoe",
	}
	lastNames = []string{
		"Amsel", "Aslan", "Bach", "Berg", "Blum", "Brandt", "Demir", "Dietz", "Ebert", "Engel", "Falk", "Fink", "Frank", "Gerber", "Haas", "Hahn",
		"Herzog", "Jansen", "Kaya", "Keller", "Kluge", "Kowalski", "Krämer", "Kühn", "Lang", "Lindner", "Lorenz", "Marx", "Moritz", "Nowak", "Okafor", "Otto",
		"Pohl", "Richter", "Sauer", "Schäfer", "Seidel", "Sommer", "Stein", "Tahiri", "Thiele", "Ulrich", "Vogel", "Weiß", "Winter", "Yılmaz", "Ziegler",
	}
	quarters = []string{"Nord", "Südstadt", "am Hafen", "Westend", "an der Mühle", "im Tal", "Altstadt", "Ost", "am Bahnhof", "Neustadt"}
	abouts   = []string{
		"Repariere lieber, als neu zu kaufen.", "Neu in der Stadt und neugierig.", "Rede gern über Bücher, koche gern für viele.",
		"Mit dem Rad unterwegs, bei jedem Wetter.", "Im Ruhestand, endlich Zeit für Wichtiges.", "Mache Musik, meistens laut.",
	}
	titles = []string{
		"Einladung zum offenen Abend", "Was wir im Herbst vorhaben", "Bericht von unserem Treffen", "Helfende Hände gesucht", "Danke an alle", "Wir ziehen um",
		"Neue Zeiten ab Januar", "Fundstücke vom Flohmarkt", "Wie es weitergeht", "Drei Fragen an die Stadt", "Unser Jahr in Zahlen", "Werkzeug zu verleihen",
		"Kuchen für den guten Zweck", "Ausflug ins Umland", "Protokoll der Versammlung", "Ein Raum wird frei", "Mitmachtag am Samstag", "Rückblick auf das Sommerfest",
		"Lesekreis: das nächste Buch", "Fahrradkurs für Erwachsene",
	}
	openings = []string{
		"Liebe Leute,\n\nes gibt Neues.", "Viele haben gefragt, hier kommt die Antwort.", "Kurz und knapp, was beim letzten Mal beschlossen wurde.",
		"**Merkt euch den Tag vor**, wir brauchen jede Hand.", "Ein Jahr ist vergangen, und wir schauen zurück.",
	}
	paragraphs = []string{
		"Wir treffen uns wie immer im Bürgerhaus. Wer nicht weiß, wo das ist: vom Marktplatz aus die zweite Gasse links, die blaue Tür. Kinder sind willkommen, es gibt eine Spielecke.",
		"Beim letzten Mal waren wir zu zwölft, und der Kaffee hat gerade so gereicht. Diesmal bringen bitte alle eine eigene Tasse mit.",
		"Folgendes wird noch gebraucht:\n\n- eine Leiter\n- zwei lange Tische\n- jemand mit Ahnung von Strom",
		"> Es ist erstaunlich, was aus einer kleinen Idee werden kann.\n\nDas schrieb uns eine Nachbarin, und wir finden: Sie hat recht.",
		"Die Stadt hat unseren Antrag angenommen. Damit können wir Farbe, Holz und Schrauben kaufen. Die Rechnung legen wir beim nächsten Treffen offen.",
		"## Wie du mitmachen kannst\n\nKomm einfach vorbei, oder schreib uns eine Nachricht. Du musst nichts können und nichts mitbringen außer etwas Zeit.",
		"Das Wetter soll halten. Wenn nicht, weichen wir in die Turnhalle aus; das schreiben wir dann am Morgen hier.",
		"Wer mag, kann vorher beim Aufbau helfen: 1. Tische tragen, 2. Girlanden hängen, 3. den Grill bewachen.",
	}
	closings = []string{"Bis bald!", "Wir freuen uns auf euch.", "Fragen? Einfach hier darunter schreiben.", "Herzlich, eure Gruppe"}
	remarks  = []string{
		"Ich bin dabei.", "Kann leider nicht, bin beim nächsten Mal wieder da.", "Danke für die Mühe!", "Wann genau geht es los?", "Bringe Kuchen mit, **ohne** Nüsse.",
		"Das klingt gut. Kann ich jemanden mitbringen?", "Eine Leiter hätte ich, muss nur jemand abholen.", "Schön war es. Die Fotos kommen am Wochenende.",
		"Vielleicht sollten wir das Thema beim Treffen noch einmal in Ruhe besprechen, es sind ja doch einige Punkte offen, und nicht alle lesen hier mit.",
	}
	answers = []string{
		"Ja, gern. Komm am Samstag vorbei.", "Da frage ich die anderen und melde mich.", "Danke für die schnelle Antwort!", "Das passt gut, bis dann.", "Leider ist gerade alles belegt, aber im Frühjahr wird etwas frei.",
	}
)

// Question begins a conversation.
type Question struct{ Subject, Text string }

var questions = []Question{
	{"Mitmachen", "Guten Tag, ich bin neu hier und würde gern mitmachen. Wann trefft ihr euch?"},
	{"Raum für ein Fest", "Wir suchen einen Raum für vierzig Leute im Juni. Wäre das bei euch möglich?"},
	{"Spende", "Bei uns im Keller stehen noch gute Stühle. Könnt ihr die brauchen?"},
	{"Frage zum letzten Artikel", "Stimmt die Uhrzeit? Im Aushang stand etwas anderes."},
	{"Werkzeug ausleihen", "Ich bräuchte am Wochenende eine Stichsäge. Kann ich eure haben?"},
}

// FirstNames are those of people who live in the town.
func FirstNames() []string { return firstNames }

// LastNames are those of people who live in the town.
func LastNames() []string { return lastNames }

// Quarters tell groups of the same kind apart.
func Quarters() []string { return quarters }

// Abouts are what people say of themselves.
func Abouts() []string { return abouts }
