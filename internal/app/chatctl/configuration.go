package chatctl

import (
	"fmt"
	"net/url"
	"strings"

	"grouprise.org/grouprise/internal/app/options"
)

// SynapseConfiguration returns what Synapse needs in its configuration. Where it is reached on this machine it listens on
// the port that the site asks.
func SynapseConfiguration(o *options.Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What grouprise needs of Synapse, as `grouprise matrix print-synapse-configuration` prints it.\n\n")
	fmt.Fprintf(&b, "# Nobody registers an account under the name of somebody else: who has the Matrix ID @name:%s is invited as the person with this short name.\n", o.Matrix.Domain)
	fmt.Fprintf(&b, "enable_registration: false\n\npublic_baseurl: \"https://%s/\"\nweb_client_location: \"%s/stadt/chat/\"\n\n", o.Matrix.Domain, o.BaseURL())
	fmt.Fprintf(&b, "# The bot lists the public rooms of groups in the directory.\nroom_list_publication_rules:\n  - {user_id: \"@%s:%s\", action: allow}\n", o.Matrix.BotUsername, o.Matrix.Domain)
	if u, err := url.Parse(o.Matrix.HomeserverURL); err == nil && u.Scheme == "http" && u.Port() != "" {
		fmt.Fprintf(&b, "\n# The site asks Synapse here, and so does the web server in front.\nlisteners:\n"+
			"  - {port: %s, bind_addresses: [\"127.0.0.1\", \"::1\"], type: http, tls: false, x_forwarded: true, resources: [{names: [client, federation], compress: false}]}\n", u.Port())
	}
	return b.String()
}
