package invented

// Voice is a language in which a group writes, and what it says when nobody thought of anything better.
type Voice struct {
	Titles, Openings, Paragraphs, Closings, Remarks, Answers []string
	Questions                                                []Question
}

// VoiceOf returns how a group talks: in English, or in German.
func VoiceOf(english bool) Voice {
	if english {
		return englishVoice
	}
	return Voice{titles, openings, paragraphs, closings, remarks, answers, questions}
}

var englishVoice = Voice{
	Titles: []string{
		"Looking back at a good year", "New times from January", "Helping hands wanted", "What we talked about last time", "Thanks, everyone", "Bring a friend",
		"A room of our own", "Three things we learned", "See you on Sunday", "Minutes of our meeting",
	},
	Openings: []string{"Hello everyone,\n\nhere's the news.", "Many of you asked, so here's the answer.", "**Save the date**: we need every pair of hands.", "A short note about our last meeting."},
	Paragraphs: []string{
		"We meet in the community centre as usual. If you don't know it: second lane on the left from the market square, the blue door. Kids are welcome.",
		"There were twelve of us last time and just enough coffee. Please bring your own mug.",
		"We still need:\n\n- a ladder\n- two long tables\n- someone who knows about electricity",
		"## How to join in\n\nJust come along, or send us a message. You don't need to know anything or bring anything except a little time.",
		"The weather should hold. If it doesn't, we'll move into the hall and say so here in the morning.",
	},
	Closings: []string{"See you soon.", "Questions? Ask below.", "Looking forward to it."},
	Remarks:  []string{"Count me in.", "Can't make it this time, sorry.", "Thanks for doing this!", "What time does it start?", "I'll bring cake, **without** nuts.", "May I bring someone along?"},
	Answers:  []string{"Yes, of course. Come along on Saturday.", "Let me ask the others.", "Thanks for the quick reply!", "That works well, see you then."},
	Questions: []Question{
		{"Joining in", "Hello, I'm new here and would like to join. When do you meet?"},
		{"A room for forty", "We're looking for a room for forty people in June. Could you help?"},
	},
}
