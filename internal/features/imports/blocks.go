package imports

import (
	"fmt"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

func entries() []site.Entry {
	return []site.Entry{{Menu: site.ManageMenu, Order: 30, About: "calendars and websites from elsewhere", Places: func(v *site.Visit) []site.Place {
		s := v.Subject()
		if !s.Entity.IsGroup() || !CanManage(s.Standing) {
			return nil
		}
		return []site.Place{{Path: listPath(s.Entity.OwnerID), Label: v.T("From other sites"), Icon: parts.IconFeed}}
	}}}
}

// listPath returns the address of the imports of a group.
func listPath(groupID int64) string { return fmt.Sprintf("/stadt/groups/%d/imports/", groupID) }

// path returns the address of an import.
func (i Import) path() string { return fmt.Sprintf("/stadt/imports/%d/", i.ID) }
