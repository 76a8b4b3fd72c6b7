package mime_test

import (
	"testing"

	"grouprise.org/grouprise/internal/kit/mime"
)

func TestAuthenticityIsWhatOurMailServerSays(t *testing.T) {
	t.Parallel()
	const received = "Received: from x by mx.example.net; Tue, 12 Mar 2024 10:11:12 +0100\n"
	const foreign = "Received: from y by mx.evil.example; Tue, 12 Mar 2024 10:11:11 +0100\n"
	const ours = "Authentication-Results: mx.example.net; "
	const from = "From: Anna <anna@news.example.org>\n"
	for name, c := range map[string]struct {
		header   string
		envelope string
		want     mime.Result
		hops     int
	}{
		"DMARC passed":                                           {ours + "dmarc=pass header.from=news.example.org\n" + from, "", mime.Pass, 0},
		"DMARC passed for somebody else":                         {ours + "dmarc=pass header.from=evil.example\n" + from, "", mime.Fail, 0},
		"DMARC failed":                                           {ours + "dkim=pass header.d=example.org; dmarc=fail header.from=news.example.org\n" + from, "", mime.Fail, 0},
		"DKIM of the organisation passed":                        {ours + "dkim=pass header.d=example.org\n" + from, "", mime.Pass, 0},
		"DKIM by identity passed":                                {ours + "dkim=pass header.i=@example.org\n" + from, "", mime.Pass, 0},
		"one of two DKIM signatures passed":                      {ours + "dkim=fail header.d=list.example; dkim=pass header.d=example.org\n" + from, "", mime.Pass, 0},
		"DKIM of another domain passed":                          {ours + "dkim=pass header.d=evil.example\n" + from, "", mime.Fail, 0},
		"DKIM of a public suffix passed":                         {ours + "dkim=pass header.d=org\n" + from, "", mime.Fail, 0},
		"DKIM failed":                                            {ours + "dkim=fail header.d=example.org\n" + from, "", mime.Fail, 0},
		"SPF passed for the envelope sender":                     {ours + "spf=pass smtp.mailfrom=anna@news.example.org\n" + from, "anna@news.example.org", mime.Pass, 0},
		"SPF passed for another envelope sender":                 {ours + "spf=pass smtp.mailfrom=x@evil.example\n" + from, "x@evil.example", mime.Fail, 0},
		"SPF passed, but it is not our envelope":                 {ours + "spf=pass smtp.mailfrom=anna@news.example.org\n" + from, "x@evil.example", mime.Fail, 0},
		"SPF failed softly":                                      {ours + "spf=softfail smtp.mailfrom=anna@news.example.org\n" + from, "anna@news.example.org", mime.Fail, 0},
		"our server's name in capitals":                          {"authentication-results: MX.Example.NET 1; dmarc=pass header.from=news.example.org\n" + from, "", mime.Pass, 0},
		"below our Received line":                                {received + ours + "dmarc=pass header.from=news.example.org\n" + from, "", mime.Pass, 0},
		"two of our filters":                                     {ours + "dmarc=pass header.from=news.example.org\n" + ours + "spf=fail smtp.mailfrom=x@y.example\n" + from, "", mime.Pass, 0},
		"a second opinion further down":                          {ours + "dmarc=fail header.from=news.example.org\n" + ours + "dmarc=pass header.from=news.example.org\n" + from, "", mime.Fail, 0},
		"forged below the next Received":                         {ours + "spf=none smtp.mailfrom=x@evil.example\n" + received + ours + "dmarc=pass header.from=news.example.org\n" + from, "", mime.Fail, 0},
		"forged below a foreign Received, and ours said nothing": {received + foreign + ours + "dmarc=pass header.from=news.example.org\n" + from, "", mime.None, 0},
		"below both of our Received lines":                       {received + received + ours + "dmarc=pass header.from=news.example.org\n" + from, "", mime.Pass, 2},
		"forged below the Received behind ours":                  {received + received + foreign + ours + "dmarc=pass header.from=news.example.org\n" + from, "", mime.None, 2},
		"forged among the sender's headers":                      {"Subject: x\n" + ours + "dmarc=pass header.from=news.example.org\n" + from, "", mime.None, 0},
		"another server's results":                               {"Authentication-Results: mx.evil.example; dmarc=pass header.from=news.example.org\n" + from, "", mime.None, 0},
		"nothing passed, nothing said":                           {ours + "none\n" + from, "", mime.None, 0},
		"no results":                                             {received + from, "", mime.None, 0},
		"two senders":                                            {ours + "dmarc=pass header.from=news.example.org\nFrom: a@news.example.org, b@evil.example\n", "", mime.Fail, 0},
		"no sender":                                              {ours + "dmarc=pass header.from=news.example.org\n", "", mime.Fail, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mime.Authenticity(parse(t, c.header+"\nx\n"), "mx.example.net", c.hops, c.envelope)
			if got.Result != c.want {
				t.Errorf("%s (%s), want %s", got.Result, got.Reason, c.want)
			}
		})
	}
	if got := mime.Authenticity(parse(t, "Authentication-Results: ; dmarc=pass\n"+from+"\nx"), "", 0, ""); got.Result != mime.None {
		t.Errorf("without a name of our server: %+v", got)
	}
}
