package site

import (
	"errors"
	"os"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
)

// errMaintenance is the cause of what is answered while administrators work on the site.
var errMaintenance = errors.New("the site is in maintenance")

// inMaintenance is what everybody is answered then.
func inMaintenance() error {
	return errs.New(errs.Unavailable, "").After(5 * time.Minute).Because(errMaintenance)
}

// isInMaintenance reports whether administrators have closed a path by the file of Config.Maintenance. Who watches over the
// program is still answered.
func (s *Site) isInMaintenance(path string) bool {
	if s.Maintenance == "" || path == HealthPath || path == ReadyPath {
		return false
	}
	_, err := os.Stat(s.Maintenance)
	return err == nil
}
