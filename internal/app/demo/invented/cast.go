package invented

import "grouprise.org/grouprise/internal/kit/scenery"

// Neighbour is somebody with a face.
type Neighbour struct {
	First, Last, About string
	Face               scenery.Face
}

// The complexions, and the colours of hair, clothes and walls, from which faces are mixed.
const (
	fair, rosy, olive, brown, dark                   = 0xf3cfb3, 0xedbf9b, 0xd79f74, 0x9c6644, 0x6f4630
	black, umber, chestnut, blond, grey, white, red  = 0x2c2422, 0x553626, 0x8c5a33, 0xcf9f57, 0xa9a39c, 0xdedad3, 0xa84f2c
	pine, ocean, rust, honey, plum, slate, teal, ink = 0x3a7358, 0x35699a, 0xc2633f, 0xe2ab4a, 0x8a4f74, 0x5d6b80, 0x2f7f86, 0x3a3f58
	mint, sand, sky, blush, straw, lilac             = 0xb9d0c4, 0xe8cfa8, 0xadc8de, 0xe3bfc4, 0xf0d99a, 0xc9c0e0
)

// CastFaces are those of Anna, Bert and Carla; the administrator shows none.
func CastFaces() []scenery.Face {
	return []scenery.Face{
		{Skin: rosy, Hair: chestnut, Top: pine, Behind: straw, Style: scenery.Bob, Smile: 1},
		{Skin: fair, Hair: grey, Top: ocean, Behind: sand, Style: scenery.Side, Beard: true, Glasses: true, Old: true, Smile: 0.6},
		{Skin: olive, Hair: black, Top: rust, Behind: sky, Style: scenery.Curls, Earrings: true, Smile: 0.5},
	}
}

// Neighbours are who is met most often, in this order.
func Neighbours() []Neighbour {
	return []Neighbour{
		{"Hatice", "Demir", "Lese alles, was gedruckt ist. Backe Börek für jedes Treffen.", scenery.Face{Skin: olive, Hair: plum, Top: slate, Behind: sand, Style: scenery.Headscarf, Smile: 1}},
		{"Kofi", "Okafor", "Moved here for the trains, stayed for the people. Cyclist in any weather.", scenery.Face{Skin: dark, Hair: black, Top: honey, Behind: mint, Style: scenery.Short, Smile: 1}},
		{"Ulla", "Sommer", "Lehrerin im Ruhestand, endlich Zeit für Wichtiges.", scenery.Face{Skin: fair, Hair: white, Top: plum, Behind: sky, Style: scenery.Bob, Glasses: true, Old: true, Smile: 0.6}},
		{"Jakob", "Lindner", "Tischler. Repariere lieber, als neu zu kaufen.", scenery.Face{Skin: rosy, Hair: red, Top: slate, Behind: straw, Style: scenery.Short, Beard: true, Smile: 0.5}},
		{"Samira", "Tahiri", "Architektin, Stimme im Alt, zwei Kinder, ein Lastenrad.", scenery.Face{Skin: brown, Hair: black, Top: teal, Behind: blush, Style: scenery.Long, Earrings: true, Smile: 1}},
		{"Grace", "Whitfield", "Bookbinder from Leeds. I answer in English, German takes me longer.", scenery.Face{Skin: fair, Hair: blond, Top: ink, Behind: lilac, Style: scenery.Bun, Glasses: true, Smile: 0.6}},
		{"Mehmet", "Kaya", "Busfahrer, kennt alle Haltestellen und fast alle Leute.", scenery.Face{Skin: olive, Hair: umber, Top: rust, Behind: mint, Style: scenery.Side, Moustache: true, Smile: 0.6}},
		{"Frieda", "Vogel", "Imkerin über den Dächern.", scenery.Face{Skin: rosy, Hair: grey, Top: honey, Behind: sky, Style: scenery.Plait, Old: true, Smile: 1}},
		{"Yusuf", "Aslan", "Neu in der Stadt und neugierig. Bass, ein bisschen Bariton.", scenery.Face{Skin: brown, Hair: black, Top: pine, Behind: sand, Style: scenery.Curls, Beard: true, Smile: 1}},
		{"Lotte", "Krämer", "Studentin, rollt auf allem, was Räder hat.", scenery.Face{Skin: fair, Hair: rust, Top: ocean, Behind: straw, Style: scenery.Beanie, Smile: 1}},
		{"Viktor", "Nowak", "Lokführer, Modellbauer, zweite Reihe im Tenor.", scenery.Face{Skin: fair, Hair: grey, Top: ink, Behind: blush, Style: scenery.Bald, Glasses: true, Smile: 0.4}},
		{"Nora", "Seidel", "Ärztin. Schwimme im See, bis er friert.", scenery.Face{Skin: rosy, Hair: umber, Top: teal, Behind: sky, Style: scenery.Plait, Smile: 0.6}},
		{"Pavel", "Marx", "Spiele Theater, male Kulissen, koche Kaffee.", scenery.Face{Skin: rosy, Hair: blond, Top: rust, Behind: lilac, Style: scenery.Side, Smile: 1}},
		{"Amara", "Bello", "Nurse, mother of three, always looking for one more chair.", scenery.Face{Skin: dark, Hair: black, Top: plum, Behind: straw, Style: scenery.Bun, Earrings: true, Smile: 1}},
		{"Georg", "Thiele", "Schreiner a. D., Werkstatt im Keller, Tür steht offen.", scenery.Face{Skin: fair, Hair: white, Top: pine, Behind: sand, Style: scenery.Bald, Beard: true, Old: true, Smile: 0.5}},
		{"Lale", "Yılmaz", "Mache Musik, meistens laut.", scenery.Face{Skin: olive, Hair: red, Top: honey, Behind: mint, Style: scenery.Side, Earrings: true, Smile: 0.6}},
		{"Tom", "Brandt", "Programmiere tagsüber, löte abends.", scenery.Face{Skin: rosy, Hair: chestnut, Top: ocean, Behind: blush, Style: scenery.Beanie, Beard: true, Glasses: true, Smile: 0.5}},
		{"Esra", "Keller", "Stadtplanerin. Rede gern über Bordsteine.", scenery.Face{Skin: olive, Hair: teal, Top: ink, Behind: straw, Style: scenery.Headscarf, Glasses: true, Smile: 0.6}},
		{"Wanda", "Engel", "Oma von fünf Enkeln, Hüterin der Leihleiter.", scenery.Face{Skin: fair, Hair: grey, Top: rust, Behind: sky, Style: scenery.Curls, Glasses: true, Old: true, Smile: 1}},
		{"Malik", "Haas", "Koche gern für viele.", scenery.Face{Skin: dark, Hair: black, Top: teal, Behind: sand, Style: scenery.Bald, Beard: true, Smile: 1}},
		{"Thea", "Winter", "Bäckerin, also früh wach.", scenery.Face{Skin: rosy, Hair: blond, Top: slate, Behind: mint, Style: scenery.Long, Smile: 0.6}},
		{"Daria", "Kowalski", "Spreche vier Sprachen, schweige in keiner.", scenery.Face{Skin: fair, Hair: umber, Top: plum, Behind: lilac, Style: scenery.Bob, Earrings: true, Smile: 0.6}},
		{"Igor", "Fink", "Fotografiere die Stadt, bevor sie aufwacht.", scenery.Face{Skin: fair, Hair: black, Top: ink, Behind: sky, Style: scenery.Short, Glasses: true, Moustache: true, Smile: 0.3}},
		{"Rosa", "Ebert", "Hausbesuche mit Suppe.", scenery.Face{Skin: brown, Hair: chestnut, Top: pine, Behind: blush, Style: scenery.Curls, Smile: 0.8}},
	}
}
