package invented

// FeaturedTags are those that the site suggests, in their order.
func FeaturedTags() []string {
	return []string{"Umwelt", "Kultur", "Essen", "Nachbarschaft", "Kinder", "Sport"}
}

// TagsOf returns the tags of a group, with commas between them.
func TagsOf(group string) string {
	return map[string]string{
		"Garten am Bach":            "Garten, Umwelt, Saatgut",
		"Chor der Vielen":           "Kultur, Musik",
		"Repaircafé":                "Reparieren, Umwelt",
		"Radentscheid":              "Radfahren, Umwelt, Verkehr",
		"Lesekreis Mittwoch":        "Bücher, Kultur",
		"Foodsharing":               "Essen, Umwelt",
		"International Table":       "Essen, Nachbarschaft, Sprachen",
		"Nachbarschaftshilfe":       "Nachbarschaft",
		"Theatergruppe Kulisse":     "Kultur, Theater",
		"Lake Swimmers":             "Sport, Schwimmen",
		"Sprachcafé":                "Nachbarschaft, Sprachen",
		"Skatepark jetzt":           "Sport, Jugend",
		"Kleidertausch":             "Tauschen, Umwelt",
		"Brotgemeinschaft":          "Essen",
		"Mietenbündnis":             "Wohnen, Nachbarschaft",
		"Imkerei am Dach":           "Umwelt, Bienen",
		"Wochenmarkt":               "Essen",
		"Spielplatzpatenschaft":     "Kinder",
		"Flussufer":                 "Umwelt",
		"Book Swap":                 "Bücher, Tauschen",
		"Straßenfest Mühlenviertel": "Feste, ort:Mühlenviertel",
	}[group]
}
