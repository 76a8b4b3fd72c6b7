// Package scenery draws flat pictures of life in a town: scenes of what people do together, emblems that go with them
// and portraits. They are shapes in few colours, and the same ones each time.
//
// Scenes are described in units of which a picture is 1600 wide and 900 high, whatever its size in pixels.
package scenery

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// ink is an opaque colour.
type ink struct{ r, g, b float64 }

// hex returns the ink of a number like 0xd9734e.
func hex(rgb int) ink {
	return ink{float64(rgb >> 16 & 255), float64(rgb >> 8 & 255), float64(rgb & 255)}
}

// mix returns a with a share of b in it: 0 is a, 1 is b.
func mix(a, b ink, share float64) ink {
	return ink{a.r + (b.r-a.r)*share, a.g + (b.g-a.g)*share, a.b + (b.b-a.b)*share}
}

func (i ink) lighter(share float64) ink { return mix(i, hex(0xfff8ec), share) }
func (i ink) darker(share float64) ink  { return mix(i, hex(0x1d2338), share) }

// canvas draws into the pixels of a picture. Its coordinates are placed, scaled and mirrored by the canvas, so that a
// figure is described once.
type canvas struct {
	*surface
	x, y, sx, sy float64
}

// surface is what all canvases of a picture share.
type surface struct {
	pixels *image.RGBA
	raster vector.Rasterizer
	mask   image.Alpha
	light  func(ink) ink // falls on everything that is filled
}

func newCanvas(width, height int, unitsWide float64) canvas {
	scale := float64(width) / unitsWide
	s := &surface{pixels: image.NewRGBA(image.Rect(0, 0, width, height)), light: func(i ink) ink { return i }}
	return canvas{surface: s, sx: scale, sy: scale}
}

// at returns a canvas whose origin lies at a point of this one and whose units are so many of its units long. A
// negative width mirrors it.
func (c canvas) at(x, y, wide, high float64) canvas {
	return canvas{surface: c.surface, x: c.x + x*c.sx, y: c.y + y*c.sy, sx: c.sx * wide, sy: c.sy * high}
}

type point struct{ x, y float64 }

// shape is a closed outline of curves; several ones may overlap.
type shape struct{ steps []step }

type step struct {
	curve  bool
	begins bool
	points [3]point // the last one is where the step ends
}

func (s *shape) moveTo(x, y float64) {
	s.steps = append(s.steps, step{begins: true, points: [3]point{2: {x, y}}})
}

func (s *shape) lineTo(x, y float64) { s.steps = append(s.steps, step{points: [3]point{2: {x, y}}}) }

func (s *shape) curveTo(bx, by, cx, cy, x, y float64) {
	s.steps = append(s.steps, step{curve: true, points: [3]point{{bx, by}, {cx, cy}, {x, y}}})
}

// with returns both shapes in one.
func (s shape) with(others ...shape) shape {
	all := shape{steps: append([]step(nil), s.steps...)}
	for _, o := range others {
		all.steps = append(all.steps, o.steps...)
	}
	return all
}

// polygon takes coordinates in pairs.
func polygon(xy ...float64) shape {
	var s shape
	s.moveTo(xy[0], xy[1])
	for i := 2; i < len(xy); i += 2 {
		s.lineTo(xy[i], xy[i+1])
	}
	return s
}

func rect(x, y, w, h float64) shape { return polygon(x, y, x+w, y, x+w, y+h, x, y+h) }

// round is a rectangle with round corners.
func round(x, y, w, h, radius float64) shape {
	r := min(radius, w/2, h/2)
	k := r * 0.4477
	var s shape
	s.moveTo(x+r, y)
	s.lineTo(x+w-r, y)
	s.curveTo(x+w-k, y, x+w, y+k, x+w, y+r)
	s.lineTo(x+w, y+h-r)
	s.curveTo(x+w, y+h-k, x+w-k, y+h, x+w-r, y+h)
	s.lineTo(x+r, y+h)
	s.curveTo(x+k, y+h, x, y+h-k, x, y+h-r)
	s.lineTo(x, y+r)
	s.curveTo(x, y+k, x+k, y, x+r, y)
	return s
}

func ellipse(x, y, rx, ry float64) shape {
	const k = 0.5523
	var s shape
	s.moveTo(x+rx, y)
	s.curveTo(x+rx, y+k*ry, x+k*rx, y+ry, x, y+ry)
	s.curveTo(x-k*rx, y+ry, x-rx, y+k*ry, x-rx, y)
	s.curveTo(x-rx, y-k*ry, x-k*rx, y-ry, x, y-ry)
	s.curveTo(x+k*rx, y-ry, x+rx, y-k*ry, x+rx, y)
	return s
}

func circle(x, y, r float64) shape { return ellipse(x, y, r, r) }

// ring is a circle with a hole.
func ring(x, y, r, thick float64) shape {
	var s shape
	const n = 48
	for i := range n + 1 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / n)
		if i == 0 {
			s.moveTo(x+r*cos, y+r*sin)
		} else {
			s.lineTo(x+r*cos, y+r*sin)
		}
	}
	for i := n; i >= 0; i-- { // the other way round, so that it stays empty
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / n)
		if i == n {
			s.moveTo(x+(r-thick)*cos, y+(r-thick)*sin)
		} else {
			s.lineTo(x+(r-thick)*cos, y+(r-thick)*sin)
		}
	}
	return s
}

// smooth returns a curve through points, which come in pairs of coordinates, as points close to each other.
func smooth(xy ...float64) []point {
	var line []point
	n := len(xy) / 2
	at := func(i int) point { i = min(max(i, 0), n-1); return point{xy[2*i], xy[2*i+1]} }
	for i := range n - 1 {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		for k := range 12 {
			t := float64(k) / 12
			line = append(line, point{catmull(a.x, b.x, c.x, d.x, t), catmull(a.y, b.y, c.y, d.y, t)})
		}
	}
	return append(line, at(n-1))
}

func catmull(a, b, c, d, t float64) float64 {
	return b + t/2*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
}

// stroke is a line of a width with round ends.
func stroke(width float64, line []point) shape {
	var s shape
	r := width / 2
	for i := range len(line) - 1 {
		a, b := line[i], line[i+1]
		dx, dy := b.x-a.x, b.y-a.y
		length := math.Hypot(dx, dy)
		if length == 0 {
			continue
		}
		nx, ny := -dy/length*r, dx/length*r
		s = s.with(polygon(a.x-nx, a.y-ny, b.x-nx, b.y-ny, b.x+nx, b.y+ny, a.x+nx, a.y+ny))
	}
	for _, p := range line {
		s = s.with(circle(p.x, p.y, r))
	}
	return s
}

// straight is a line of straight pieces between points, which come in pairs of coordinates.
func straight(width float64, xy ...float64) shape {
	line := make([]point, len(xy)/2)
	for i := range line {
		line[i] = point{xy[2*i], xy[2*i+1]}
	}
	return stroke(width, line)
}

// bent is a line through points, which come in pairs of coordinates.
func bent(width float64, xy ...float64) shape { return stroke(width, smooth(xy...)) }

// area is what lies below a curve down to a height.
func area(down float64, xy ...float64) shape {
	line := smooth(xy...)
	var s shape
	s.moveTo(line[0].x, down)
	for _, p := range line {
		s.lineTo(p.x, p.y)
	}
	s.lineTo(line[len(line)-1].x, down)
	return s
}

// blob is a closed curve through points, which come in pairs of coordinates.
func blob(xy ...float64) shape {
	n := len(xy) / 2
	at := func(i int) point { i = (i + n) % n; return point{xy[2*i], xy[2*i+1]} }
	var s shape
	s.moveTo(xy[0], xy[1])
	for i := range n {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		s.curveTo(b.x+(c.x-a.x)/6, b.y+(c.y-a.y)/6, c.x-(d.x-b.x)/6, c.y-(d.y-b.y)/6, c.x, c.y)
	}
	return s
}

// fill fills a shape with one colour.
func (c canvas) fill(s shape, i ink) { c.paint(s, i, i, 1) }

// veil lays a colour over a shape that lets through what is below.
func (c canvas) veil(s shape, i ink, opacity float64) { c.paint(s, i, i, opacity) }

// shade fills a shape with colours that change from its top to its bottom.
func (c canvas) shade(s shape, top, bottom ink) { c.paint(s, top, bottom, 1) }

func (c canvas) paint(s shape, top, bottom ink, opacity float64) {
	box := c.bounds(s)
	whole := box
	box = box.Intersect(c.pixels.Rect)
	if box.Empty() {
		return
	}
	w, h := box.Dx(), box.Dy()
	if cap(c.mask.Pix) < w*h {
		c.mask.Pix = make([]uint8, w*h)
	}
	c.mask.Pix, c.mask.Stride, c.mask.Rect = c.mask.Pix[:w*h], w, image.Rect(0, 0, w, h)
	c.outline(s, box.Min)
	c.raster.Draw(&c.mask, c.mask.Rect, image.Opaque, image.Point{})
	top, bottom = c.light(top), c.light(bottom)
	for y := range h {
		i := mix(top, bottom, float64(box.Min.Y+y-whole.Min.Y)/float64(max(whole.Dy(), 1)))
		row := c.pixels.Pix[c.pixels.PixOffset(box.Min.X, box.Min.Y+y):]
		blend(row, c.mask.Pix[y*w:(y+1)*w], i, opacity)
	}
}

// blend lays a colour over a row of pixels as far as the mask covers them.
func blend(row, mask []uint8, i ink, opacity float64) {
	r, g, b, share := int32(i.r+0.5), int32(i.g+0.5), int32(i.b+0.5), int32(opacity*256)
	for x, m := range mask {
		if m == 0 {
			continue
		}
		p := row[4*x : 4*x+4 : 4*x+4]
		a := int32(m) * share / 255
		if a == 256 {
			p[0], p[1], p[2], p[3] = uint8(r), uint8(g), uint8(b), 255 //nolint:gosec // between two colours
			continue
		}
		p[0] += uint8((r - int32(p[0])) * a / 256) //nolint:gosec // between two colours
		p[1] += uint8((g - int32(p[1])) * a / 256) //nolint:gosec // between two colours
		p[2] += uint8((b - int32(p[2])) * a / 256) //nolint:gosec // between two colours
		p[3] = 255
	}
}

// bounds returns the pixels around a shape.
func (c canvas) bounds(s shape) image.Rectangle {
	least, most := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, t := range s.steps {
		from := 2
		if t.curve {
			from = 0
		}
		for _, p := range t.points[from:] {
			x, y := c.x+p.x*c.sx, c.y+p.y*c.sy
			least, most = point{min(least.x, x), min(least.y, y)}, point{max(most.x, x), max(most.y, y)}
		}
	}
	if len(s.steps) == 0 {
		return image.Rectangle{}
	}
	return image.Rect(int(math.Floor(least.x)), int(math.Floor(least.y)), int(math.Ceil(most.x))+1, int(math.Ceil(most.y))+1)
}

// outline gives a shape to the rasterizer, whose origin is a pixel.
func (c canvas) outline(s shape, origin image.Point) {
	c.raster.Reset(c.mask.Rect.Dx(), c.mask.Rect.Dy())
	c.raster.DrawOp = draw.Src
	to := func(p point) (x, y float32) {
		return float32(c.x + p.x*c.sx - float64(origin.X)), float32(c.y + p.y*c.sy - float64(origin.Y))
	}
	for i, t := range s.steps {
		x, y := to(t.points[2])
		switch {
		case t.begins:
			if i > 0 {
				c.raster.ClosePath()
			}
			c.raster.MoveTo(x, y)
		case t.curve:
			bx, by := to(t.points[0])
			cx, cy := to(t.points[1])
			c.raster.CubeTo(bx, by, cx, cy, x, y)
		default:
			c.raster.LineTo(x, y)
		}
	}
	c.raster.ClosePath()
}

// glow brightens the surroundings of a light.
func (c canvas) glow(x, y, radius float64, i ink, strength float64) {
	for k := range 8 {
		c.veil(circle(x, y, radius*(1-float64(k)/8)), i, strength/8)
	}
}
