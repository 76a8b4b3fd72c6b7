// Package form reads what a browser sent into a struct and says, field by field, what is wrong with it.
//
// A struct describes a form:
//
//	type articleForm struct {
//		Title   string                  `form:"title" text:"line" label:"Title" validate:"required,max=255"`
//		Text    string                  `form:"text" label:"Text" validate:"required"`
//		Public  bool                    `form:"public"`
//		Groups  []int64                 `form:"groups"`
//		Secret  string                  `form:"password" text:"raw" missing:"Enter a password." validate:"required"`
//		Picture *multipart.FileHeader   `form:"picture" label:"Picture"`
//	}
//
// The tag form names the field. validate holds rules of go-playground/validator, and slug, date and
// colour from here. label is a message id that the sentences about the field quote; missing replaces
// the sentence about an empty field. text says how text is cleaned: by default it is put into Unicode's
// composed form, broken characters, NUL and what turns the direction of all that follows are dropped, line ends are \n
// and blanks around it go; "line" makes white space one blank, so that no line end gets into a title, and drops
// every direction mark; "raw" keeps blanks, for passwords. A text that shows nothing is empty, but for a raw one.
//
// What the form did not send becomes zero, so that an unticked box is false.
package form

import (
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	playform "github.com/go-playground/form/v4"
	"github.com/go-playground/validator/v10"
	"golang.org/x/text/unicode/norm"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Limits of one form. More is no form of ours.
const (
	maxFields   = 1000
	maxArray    = 1000
	maxKey      = 100
	maxInMemory = 1 << 20 // of uploads; the rest lies in temporary files
)

// Reader reads forms. It is safe for concurrent use.
type Reader struct {
	decoder  *playform.Decoder
	validate *validator.Validate
	shapes   sync.Map // reflect.Type → *shape

	// FileMax is how many bytes one uploaded file may have; zero means 10 MiB.
	FileMax int64
}

// New returns a reader.
func New(fileMax int64) *Reader {
	if fileMax == 0 {
		fileMax = 10 << 20
	}
	r := &Reader{decoder: playform.NewDecoder(), validate: validator.New(validator.WithRequiredStructEnabled()), FileMax: fileMax}
	r.decoder.SetMaxArraySize(maxArray)
	r.validate.RegisterTagNameFunc(func(f reflect.StructField) string { return fieldName(f) })
	rules := map[string]validator.Func{
		"slug":   matches(`^[\p{L}\p{N}_-]+$`),
		"date":   isDate,
		"colour": matches(`^#[0-9a-fA-F]{6}$`),
	}
	for tag, rule := range rules {
		if err := r.validate.RegisterValidation(tag, rule); err != nil {
			panic(err) // the names are constants
		}
	}
	return r
}

// Read parses the request's body (and nothing of its address), fills dst, a pointer to a struct, and
// checks it. It returns Invalid with the fields that are wrong, TooLarge, or Invalid with a sentence
// when the body is no form. dst holds what was typed in any case, to be shown again.
func (rd *Reader) Read(r *http.Request, dst any) error {
	if err := parse(r); err != nil {
		return err
	}
	var files map[string][]*multipart.FileHeader
	if r.MultipartForm != nil {
		files = r.MultipartForm.File
	}
	return rd.Fill(r.PostForm, files, dst)
}

// Fill is Read for values that are already parsed.
func (rd *Reader) Fill(values url.Values, files map[string][]*multipart.FileHeader, dst any) error {
	target := reflect.ValueOf(dst)
	if target.Kind() != reflect.Pointer || target.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("read a form into %T: not a pointer to a struct", dst)
	}
	target = target.Elem()
	sh := rd.shapeOf(target.Type())
	count := 0
	for _, v := range values {
		count += len(v)
	}
	if count > maxFields {
		return errs.New(errs.Invalid, "The form has too many fields.")
	}

	var wrong []errs.FieldError
	for _, f := range sh.fields {
		target.FieldByIndex(f.index).SetZero()
	}
	if err := rd.decoder.Decode(dst, sh.known(values)); err != nil {
		var problems playform.DecodeErrors
		if !errors.As(err, &problems) {
			return fmt.Errorf("decode a form: %w", err)
		}
		for name := range problems {
			wrong = append(wrong, sh.unreadable(name))
		}
	}
	for _, f := range sh.fields {
		if f.file {
			wrong = append(wrong, rd.takeFiles(f, target.FieldByIndex(f.index), files[f.name])...)
		}
	}
	if err := rd.validate.Struct(dst); err != nil {
		var problems validator.ValidationErrors
		if !errors.As(err, &problems) {
			return fmt.Errorf("check a form: %w", err)
		}
		for _, p := range problems {
			if e := sh.sentence(p); !has(wrong, e.Name) {
				wrong = append(wrong, e)
			}
		}
	}
	return errs.Check(sh.inOrder(wrong)...)
}

// parse reads the body of a form.
func parse(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Header.Get("Content-Type") == "":
		kind = "application/x-www-form-urlencoded"
	case err != nil:
		return notAForm(err)
	}
	switch kind {
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxInMemory) //nolint:gosec // the body is bounded by the route
	case "application/x-www-form-urlencoded":
		err = r.ParseForm()
	default:
		return notAForm(fmt.Errorf("content type %q", kind))
	}
	if err == nil {
		return nil
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge(large.Limit).Because(err)
	}
	if errors.Is(err, multipart.ErrMessageTooLarge) {
		return TooLarge(maxInMemory + maxValues).Because(err)
	}
	return notAForm(err)
}

// maxValues is how much package multipart takes of what is no file, beyond what it may keep in memory.
const maxValues = 10 << 20

// TooLarge is the answer to a form of more than so many bytes.
func TooLarge(limit int64) *errs.Error {
	return errs.New(errs.TooLarge, "That’s too much: you can send at most %d MB at once.", max(1, limit>>20))
}

func notAForm(cause error) error {
	return errs.New(errs.Invalid, "The form could not be read. Please send it again.").Because(cause)
}

// takeFiles puts uploads into a field. An empty choice of a browser is no file.
func (rd *Reader) takeFiles(f field, target reflect.Value, files []*multipart.FileHeader) []errs.FieldError {
	var taken []*multipart.FileHeader
	var wrong []errs.FieldError
	for _, file := range files {
		file.Filename = fileName(file.Filename)
		if file.Filename == "" && file.Size == 0 {
			continue
		}
		if file.Size > rd.FileMax {
			wrong = append(wrong[:0], errs.Field(f.name, "“%s” is too large. A file can have at most %d MB.", file.Filename, rd.FileMax>>20))
			continue
		}
		taken = append(taken, file)
	}
	if target.Kind() == reflect.Slice {
		target.Set(reflect.ValueOf(taken))
	} else if len(taken) > 0 {
		target.Set(reflect.ValueOf(taken[0]))
	}
	return wrong
}

// fileName cleans the name of an upload: no folders, no line ends, nothing that turns the direction of
// writing, at most 200 characters.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, Clean(name, Line))
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	if runes := []rune(name); len(runes) > 200 {
		name = string(runes[len(runes)-200:])
	}
	return name
}

// Cleaning says how much of a text is kept.
type Cleaning string

// The ways to clean a text.
const (
	Lines Cleaning = ""     // line ends stay, blanks around the text go
	Line  Cleaning = "line" // white space becomes one blank
	Raw   Cleaning = "raw"  // blanks stay
)

// Clean returns a text as it may be stored: valid UTF-8, composed, without NUL and other control
// characters, empty if it shows nothing.
func Clean(text string, how Cleaning) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "")
	}
	if how == Raw {
		return strings.ReplaceAll(text, "\x00", "")
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
	text = norm.NFC.String(text)
	switch {
	case !glyph.Visible(text):
		return ""
	case how == Line:
		return strings.Join(strings.Fields(glyph.WithoutDirections(text)), " ")
	default:
		return strings.TrimSpace(glyph.WithoutOverrides(text))
	}
}

func matches(pattern string) validator.Func {
	expression := regexp.MustCompile(pattern)
	return func(fl validator.FieldLevel) bool { return expression.MatchString(fl.Field().String()) }
}

func has(fields []errs.FieldError, name string) bool {
	for _, f := range fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

// labelled returns how sentences speak of a field without a label of its own.
func labelled(label string) lang.Text {
	if label == "" {
		return lang.Text("This field")
	}
	return lang.Text(label)
}
