// Package manual writes man pages and completions of shells from what a command line says of itself.
package manual

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// visit calls fn for a node and all commands below it that are not hidden, in their order.
func visit(n *kong.Node, fn func(*kong.Node)) {
	fn(n)
	for _, child := range n.Children {
		if !child.Hidden {
			visit(child, fn)
		}
	}
}

// words are what may follow a node on the command line: its commands, the values of its arguments, and its flags.
func words(n *kong.Node) []string {
	var all []string
	for _, child := range n.Children {
		if !child.Hidden {
			all = append(all, child.Name)
		}
	}
	for _, argument := range n.Positional {
		if argument.Enum != "" {
			all = append(all, argument.EnumSlice()...)
		}
	}
	for _, flag := range flags(n) {
		all = append(all, "--"+flag.Name)
	}
	return all
}

// flags are the flags that may stand behind a node, those of the whole program first.
func flags(n *kong.Node) []*kong.Flag {
	var all []*kong.Flag
	for _, group := range n.AllFlags(true) {
		all = append(all, group...)
	}
	return all
}

// path returns the commands that lead to a node, without the program's name.
func path(n *kong.Node) []string {
	if n.Parent == nil {
		return nil
	}
	return append(path(n.Parent), n.Name)
}

// Completion writes what a shell needs to complete the command line: for bash, zsh or fish.
func Completion(w io.Writer, shell string, app *kong.Application) error {
	var text strings.Builder
	switch shell {
	case "bash":
		writeBash(&text, app)
	case "zsh":
		fmt.Fprintf(&text, "#compdef %s\n\nautoload -U +X bashcompinit && bashcompinit\n\n", app.Name)
		writeBash(&text, app)
	case "fish":
		writeFish(&text, app)
	default:
		return fmt.Errorf("no completion for the shell %q", shell)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func writeBash(text *strings.Builder, app *kong.Application) {
	fmt.Fprintf(text, `_%[1]s() {
    local current=${COMP_WORDS[COMP_CWORD]} path= word words=
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
        -*) ;;
        *) path="$path $word" ;;
        esac
    done
    case $path in
`, app.Name)
	visit(app.Node, func(n *kong.Node) {
		pattern := strings.Join(path(n), " ")
		if pattern != "" {
			pattern = " " + pattern
		}
		fmt.Fprintf(text, "    %q) words=%q ;;\n", pattern, strings.Join(words(n), " "))
	})
	fmt.Fprintf(text, `    esac
    # shellcheck disable=SC2207 # words hold no blanks
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _%[1]s %[1]s
`, app.Name)
}

func writeFish(text *strings.Builder, app *kong.Application) {
	quote := strings.NewReplacer(`\`, `\\`, "'", `\'`)
	visit(app.Node, func(n *kong.Node) {
		condition := "__fish_use_subcommand"
		if names := path(n); len(names) > 0 {
			conditions := make([]string, len(names))
			for i, name := range names {
				conditions[i] = "__fish_seen_subcommand_from " + name
			}
			condition = strings.Join(conditions, "; and ")
		}
		for _, child := range n.Children {
			if !child.Hidden {
				fmt.Fprintf(text, "complete -c %s -f -n '%s' -a %s -d '%s'\n", app.Name, condition, child.Name, quote.Replace(child.Help))
			}
		}
		for _, argument := range n.Positional {
			if argument.Enum != "" {
				fmt.Fprintf(text, "complete -c %s -f -n '%s' -a '%s'\n", app.Name, condition, strings.Join(argument.EnumSlice(), " "))
			}
		}
		for _, flag := range n.Flags {
			fmt.Fprintf(text, "complete -c %s -n '%s' -l %s -d '%s'\n", app.Name, condition, flag.Name, quote.Replace(flag.Help))
		}
	})
}

// Extra is a section of a man page that the command line does not know of.
type Extra struct {
	Title string
	Items [][2]string // what, and what it is for
}

// Page writes the man page of a program, in section 1.
func Page(w io.Writer, app *kong.Application, version string, extras ...Extra) error {
	var text strings.Builder
	fmt.Fprintf(&text, ".TH %s 1 \"\" \"%s %s\" \"User Commands\"\n", strings.ToUpper(app.Name), app.Name, roff(version))
	fmt.Fprintf(&text, ".SH NAME\n%s \\- %s\n", app.Name, roff(strings.TrimSuffix(lowerFirst(app.Help), ".")))
	fmt.Fprintf(&text, ".SH SYNOPSIS\n.B %s\n.I command\n[\\fIarguments\\fR]\n", app.Name)
	text.WriteString(".SH COMMANDS\n")
	visit(app.Node, func(n *kong.Node) {
		if n.Leaf() && n != app.Node {
			writeCommand(&text, n)
		}
	})
	text.WriteString(".SH OPTIONS\n")
	writeFlags(&text, app.Flags)
	for _, extra := range extras {
		fmt.Fprintf(&text, ".SH %s\n", strings.ToUpper(extra.Title))
		for _, item := range extra.Items {
			fmt.Fprintf(&text, ".TP\n.B %s\n%s\n", roff(item[0]), roff(item[1]))
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func writeCommand(text *strings.Builder, n *kong.Node) {
	fmt.Fprintf(text, ".SS \"%s", roff(strings.Join(path(n), " ")))
	for _, argument := range n.Positional {
		fmt.Fprintf(text, " %s", roff(strings.ToUpper(argument.Name)))
	}
	fmt.Fprintf(text, "\"\n%s\n", roff(n.Help))
	for _, argument := range n.Positional {
		fmt.Fprintf(text, ".TP\n.I %s\n%s\n", roff(strings.ToUpper(argument.Name)), roff(argument.Help))
	}
	writeFlags(text, n.Flags)
}

func writeFlags(text *strings.Builder, flags []*kong.Flag) {
	for _, flag := range slices.DeleteFunc(slices.Clone(flags), func(f *kong.Flag) bool { return f.Hidden }) {
		value := ""
		if !flag.IsBool() {
			value = "=" + roff(flag.FormatPlaceHolder())
		}
		fmt.Fprintf(text, ".TP\n.B \\-\\-%s\\fR%s\n%s\n", roff(flag.Name), value, roff(flag.Help))
	}
}

// roff returns a text as man pages write it.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "’", `\(cq`, `"`, `\(dq`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func lowerFirst(text string) string {
	if text == "" {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}
