package site

// showStyleguide shows every component in its states: what to build pages from, and what to look at
// after changing a style.
func showStyleguide(v *Visit) error {
	wrong := Errors{
		Message: v.T("This could not be saved. Please check what you entered."),
		Fields: []FieldMessage{
			{Name: "title-wrong", Message: v.T("Please fill in “%s”.", v.T("Title"))},
			{Name: "reader-wrong", Message: v.T("Choose one of the options.")},
		},
	}
	return v.Show(Page{
		Title: "Style guide", Body: styleguide(v, wrong), Aside: styleguideAside(), Hidden: true,
		Crumbs: []Crumb{{Label: v.T("Start"), Path: "/"}, {Label: "Style guide"}},
	})
}
