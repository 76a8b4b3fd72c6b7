package accounts

import (
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

func entries() []site.Entry {
	return []site.Entry{
		site.MenuLink(site.SettingsMenu, 50, addressesPath, lang.Text("Email addresses"), parts.IconMail),
		site.MenuLink(site.SettingsMenu, 60, passwordPath, lang.Text("Password"), parts.IconLock),
		site.MenuLink(site.SettingsMenu, 70, AppPasswordsPath, lang.Text("App passwords"), parts.IconCode),
		site.MenuLink(site.SettingsMenu, 90, dataPath, lang.Text("Data and account"), parts.IconTrash),
		site.MenuLink(site.MyMenu, 100, signOutPath, lang.Text("Sign out"), parts.IconLeave),
	}
}
