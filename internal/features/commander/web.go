package commander

import (
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/paging"
)

// perPage is how many commands stand on one page.
const perPage = 50

// show lists which commands were given, by whom, and what became of them.
func (c *Commander) show(v *site.Visit) error {
	orders, err := listOrders(v.Context(), c.deps.DB, v.Before(), perPage)
	if err != nil {
		return err
	}
	older := ""
	if len(orders) == perPage {
		last := orders[perPage-1]
		older = v.Older(paging.Cursor{At: last.GivenAt, ID: last.ID})
	}
	title := v.T("Commands")
	return v.Show(site.Page{
		Title: title, Body: ordersBody(orders, older), Hidden: true, Wide: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Administration"), Path: administration}, parts.Crumb{Label: title}),
	})
}

// administration is the address of the page that leads here.
const administration = "/stadt/admin/"
