package community

// Colours returns the colours that stand for people and groups: sixteen hues, each as bright as white letters on it
// allow with a contrast of 4.5:1.
func Colours() []string {
	return []string{
		"#cf3d33", "#c34b18", "#a5610d", "#8a6d0f", "#5e7a1d", "#2b822b", "#17824c", "#0e7e6c",
		"#0b7c8b", "#0f77b8", "#316ddd", "#6064d5", "#8459cf", "#a547c5", "#c631a1", "#d42867",
	}
}
