package mime

import "bytes"

// What an S/MIME part is made of: object identifiers, as they stand in it.
var (
	signedData = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	plainData  = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}
)

const (
	asnOID      = 0x06
	asnOctets   = 0x04
	asnSequence = 0x30
	asnContent  = 0xa0

	asnConstructed = 0x20
	maxASNDepth    = 12
)

// opaqueContent returns the message within an S/MIME part that is signed, and not encrypted; nil if it is anything else.
// Whose signature it is nobody asks: the mail server in front vouches for senders.
func opaqueContent(data []byte) []byte {
	info := asnElement(data, asnSequence)
	oid, rest, ok := asnNext(info, 0)
	if !ok || oid.tag != asnOID || !bytes.Equal(oid.content, signedData) {
		return nil
	}
	rest = asnElement(asnElement(rest, asnContent), asnSequence) // SignedData
	for range 3 {                                                // version, digest algorithms, and then what is signed
		e, next, ok := asnNext(rest, 0)
		if !ok {
			return nil
		}
		if e.tag == asnSequence {
			rest = e.content
			break
		}
		rest = next
	}
	oid, rest, ok = asnNext(rest, 0)
	if !ok || oid.tag != asnOID || !bytes.Equal(oid.content, plainData) {
		return nil
	}
	content, _, ok := asnNext(asnElement(rest, asnContent), 0)
	if !ok || content.tag&^asnConstructed != asnOctets {
		return nil
	}
	return content.octets(0)
}

// asn is an element in the basic encoding rules of ASN.1.
type asn struct {
	tag     byte
	content []byte
}

// asnElement returns the content of the first element, if it has the tag.
func asnElement(data []byte, tag byte) []byte {
	if e, _, ok := asnNext(data, 0); ok && e.tag == tag {
		return e.content
	}
	return nil
}

// asnNext returns the first element and what follows it. The end of one without a length is found by reading what is in
// it.
func asnNext(data []byte, depth int) (e asn, rest []byte, ok bool) {
	if len(data) < 2 || data[0]&0x1f == 0x1f || depth > maxASNDepth {
		return e, nil, false
	}
	e.tag = data[0]
	length, body := int(data[1]), data[2:]
	switch {
	case length == 0x80:
		return asnIndefinite(e, body, depth)
	case length > 0x80:
		n := length & 0x7f
		if n > 4 || n > len(body) {
			return e, nil, false
		}
		length = 0
		for _, c := range body[:n] {
			length = length<<8 | int(c)
		}
		body = body[n:]
	}
	if length > len(body) {
		return e, nil, false
	}
	e.content = body[:length]
	return e, body[length:], true
}

func asnIndefinite(e asn, body []byte, depth int) (_ asn, rest []byte, ok bool) {
	for rest = body; ; {
		if len(rest) >= 2 && rest[0] == 0 && rest[1] == 0 {
			e.content = body[:len(body)-len(rest)]
			return e, rest[2:], true
		}
		if _, rest, ok = asnNext(rest, depth+1); !ok {
			return e, nil, false
		}
	}
}

// octets returns the bytes of a string that may be cut into pieces.
func (e asn) octets(depth int) []byte {
	if e.tag&asnConstructed == 0 {
		return e.content
	}
	if depth > maxASNDepth {
		return nil
	}
	var all []byte
	for rest := e.content; len(rest) > 0; {
		piece, next, ok := asnNext(rest, 0)
		if !ok || piece.tag&^asnConstructed != asnOctets {
			break
		}
		all = append(all, piece.octets(depth+1)...)
		rest = next
	}
	return all
}
