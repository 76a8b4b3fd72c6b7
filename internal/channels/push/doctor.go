package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/lang"
)

// maxServices is how many services are asked whether they are there.
const maxServices = 4

// check has the way to devices examined with the rest of the site.
func (p *Push) check() doctor.Check {
	return doctor.Check{Name: "push", Title: lang.Text("Notifications on devices"), Limit: 2 * patience, Run: p.examine}
}

// examine looks whether devices were named under the keys that the site has now, and whether their services are there.
func (p *Push) examine(ctx context.Context) (found []doctor.Finding, err error) {
	strange, err := countStrange(ctx, p.DB, p.public)
	if err != nil {
		return nil, err
	}
	if strange > 0 {
		found = append(found, doctor.Found("push.keys", doctor.Problem,
			doctor.Say(lang.Text("Devices that get no notifications, because they were set up under another secret_key: %s."), strconv.Itoa(strange)),
			doctor.Say(lang.Text("Set the former secret_key again (“data_path/secret.key” of a backup). Otherwise people have to turn notifications off and on again on these devices."))))
	}
	hosts, err := p.services(ctx)
	if err != nil {
		return found, err
	}
	for _, host := range hosts {
		if err := p.reach(ctx, host); err != nil {
			found = append(found, doctor.Found("push.service", doctor.Warning,
				doctor.Say(lang.Text("The service %s can’t be reached, which brings notifications to devices."), host),
				doctor.Say(lang.Text("Let this machine connect to port 443 of others. Notifications wait meanwhile, and are sent later."))).About(host).Because(err))
		}
	}
	return found, nil
}

// services returns the hosts of the services that devices name, the newest first.
func (p *Push) services(ctx context.Context) (hosts []string, err error) {
	endpoints, err := latestEndpoints(ctx, p.DB)
	if err != nil {
		return nil, err
	}
	for _, e := range endpoints {
		u, err := url.Parse(e)
		if err == nil && u.Scheme == "https" && !slices.Contains(hosts, u.Host) && len(hosts) < maxServices {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts, nil
}

// reach asks a service for nothing in particular; any answer shows that it is there.
func (p *Push) reach(ctx context.Context, host string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://"+host+"/", nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", host, err)
	}
	answer, err := p.Client.Do(r)
	if err != nil {
		return errors.Unwrap(err)
	}
	return answer.Body.Close()
}
