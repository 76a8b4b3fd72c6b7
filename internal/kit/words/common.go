package words

// Common reports whether a word with a key is one of those that stand in every text, German or English: they say nothing
// about what a text is about. „schön“ is none, though it has the key of „schon“.
func Common(word, key string) bool {
	switch key {
	case "fur", "uber":
		return true
	}
	return isCommon(key) && isPlain(spell(word))
}

func isCommon(key string) bool {
	switch key {
	case "der", "die", "das", "des", "dem", "den", "ein", "eine", "einer", "eines", "einem", "einen", "und", "oder",
		"aber", "als", "am", "an", "auch", "auf", "aus", "bei", "beim", "bis", "da", "damit", "dann", "dass", "denn",
		"dies", "diese", "dieser", "dieses", "diesem", "diesen", "doch", "dort", "du", "durch", "er", "es", "euch",
		"hat", "haben", "hier", "ich", "ihr", "ihre", "im", "in", "ins", "ist", "ja", "jede", "jeder", "jedes",
		"kann", "kein", "keine", "man", "mehr", "mich", "mit", "nach", "nicht", "noch", "nun", "nur", "ob", "ohne",
		"schon", "sehr", "sein", "seine", "sich", "sie", "sind", "so", "um", "uns", "unser", "unsere", "unter",
		"vom", "von", "vor", "war", "was", "weil", "wenn", "wer", "werden", "wie", "wir", "wird", "wo", "zu", "zum",
		"zur", "a", "about", "all", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "do", "for",
		"from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "into", "is", "it", "its", "just", "me",
		"my", "no", "not", "of", "on", "or", "our", "out", "she", "that", "the", "their", "them", "then", "there",
		"they", "this", "to", "us", "we", "were", "what", "when", "where", "which", "who", "will", "with", "you", "your":
		return true
	}
	return false
}
