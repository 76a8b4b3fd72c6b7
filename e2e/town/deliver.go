package town

import (
	"fmt"
	"io"
	"net"
	"time"

	"github.com/emersion/go-smtp"
)

// Delivery is a mail as a mail server hands it over.
type Delivery struct {
	From, To string
	Number   int // in its subject, its text and its id

	// InData, if any, is called in the middle of the message, to which it may add lines of the header.
	InData func(w io.Writer)
}

// Deliver hands a mail to the LMTP server at an address, once. The error is an *smtp.SMTPError if that answered.
func (d Delivery) Deliver(address string) error {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return err
	}
	client := smtp.NewClientLMTP(conn)
	defer client.Close()
	if err := client.Hello("post.example"); err != nil {
		return err
	}
	if err := client.Mail(d.From, nil); err != nil {
		return err
	}
	if err := client.Rcpt(d.To, nil); err != nil {
		return err
	}
	data, err := client.Data()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(data, "From: %s\r\nTo: %s\r\nSubject: Mail %d\r\nMessage-ID: <%[3]d@post.example>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n", d.From, d.To, d.Number)
	if err != nil {
		return err
	}
	if d.InData != nil {
		d.InData(data)
	}
	if _, err := fmt.Fprintf(data, "\r\nNummer %d\r\n", d.Number); err != nil {
		return err
	}
	return data.Close()
}
