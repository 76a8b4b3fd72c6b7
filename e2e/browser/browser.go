// Package browser judges the pages of the demonstration town in a real browser: whether they fit narrow
// screens and large text, whether everybody can use them, whether their HTML is valid. It takes their
// photographs, too (make screens).
package browser
