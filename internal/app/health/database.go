package health

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
)

func anywhere(netip.Addr) bool { return true }

// database looks whether the database is there, has the version of the program, and all that belongs to it.
func (h *Health) database(ctx context.Context) ([]doctor.Finding, error) {
	if err := h.deps.DB.Ping(ctx); err != nil {
		return []doctor.Finding{doctor.Found("database.away", doctor.Problem,
			doctor.Say(lang.Text("The database doesn’t answer.")),
			doctor.Say(lang.Text("Make sure that the database server is running and that the options database.* are right."))).Because(err)}, nil
	}
	there, program, err := sqldb.Versions(ctx, h.deps.DB, schema.FS)
	_, prerelease := errors.AsType[*sqldb.PrereleaseError](err)
	_, predecessor := errors.AsType[*sqldb.PredecessorError](err)
	versions := []string{strconv.FormatInt(there, 10), strconv.FormatInt(program, 10)}
	switch {
	case prerelease || predecessor:
		return []doctor.Finding{doctor.Found("database.foreign", doctor.Problem,
			doctor.Say(lang.Text("The database was made by another program, or by another version of this one.")),
			doctor.Say(lang.Text("What the program says is below. Set another one in database.name, or restore a backup."))).Because(err)}, nil
	case err != nil:
		return nil, err
	case there < program:
		return []doctor.Finding{doctor.Found("database.old", doctor.Problem,
			doctor.Say(lang.Text("The database has version %s, and this program needs version %s."), versions...),
			doctor.Say(lang.Text("Run “grouprise migrate”, after a backup.")))}, nil
	case there > program:
		return []doctor.Finding{doctor.Found("database.newer", doctor.Problem,
			doctor.Say(lang.Text("The database has version %s, and this program knows only version %s."), versions...),
			doctor.Say(lang.Text("Run the newer program again, or restore the backup from before its installation.")))}, nil
	}
	lacks, err := h.missing(ctx)
	if err != nil || len(lacks) == 0 {
		return nil, err
	}
	return []doctor.Finding{doctor.Found("database.incomplete", doctor.Problem,
		doctor.Say(lang.Text("The database lacks what belongs to it: %s."), strings.Join(lacks, ", ")),
		doctor.Say(lang.Text("Somebody has changed it by other means than this program. Restore a backup: “grouprise restore”.")))}, nil
}

// missing names the tables, and columns of tables, that belong to the database and are not there.
func (h *Health) missing(ctx context.Context) (lacks []string, err error) {
	var have []sqldb.Table
	err = h.deps.DB.Snapshot(ctx, func(s *sqldb.Snapshot) (err error) {
		have, err = s.Tables(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	want := schema.Columns()
	for _, table := range slices.Sorted(maps.Keys(want)) {
		i := slices.IndexFunc(have, func(t sqldb.Table) bool { return t.Name == table })
		if i < 0 {
			lacks = append(lacks, table)
			continue
		}
		for _, column := range want[table] {
			if !slices.ContainsFunc(have[i].Columns, func(c sqldb.Column) bool { return c.Name == column }) {
				lacks = append(lacks, table+"."+column)
			}
		}
	}
	return lacks, nil
}
