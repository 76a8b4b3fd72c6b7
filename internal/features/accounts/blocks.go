package accounts

import (
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

func entries() []site.Entry {
	return []site.Entry{
		site.MenuLink(site.SettingsMenu, 50, addressesPath, lang.Text("E-mail addresses"), parts.IconMail),
		site.MenuLink(site.SettingsMenu, 60, passwordPath, lang.Text("Password"), parts.IconLock),
		site.MenuLink(site.SettingsMenu, 90, dataPath, lang.Text("Data and account"), parts.IconTrash),
	}
}
