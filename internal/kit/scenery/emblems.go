package scenery

import (
	"fmt"
	"image"
	"math"
)

// emblems are what stands for a scene, one for each.
var emblems = map[string]func(canvas, ink){
	"allotments": sunflower, "bakery": pretzel, "bees": hive, "bicycles": wheel, "bridge": arches, "cafe": cup,
	"choir": notes, "clothes": hanger,
	"houses": gables, "kitchen": carrot, "lake": sails, "library": pages, "market": apple, "neighbours": hearts, "party": lampion,
	"playground": kite, "rooftops": waves, "skatepark": board, "theatre": mask, "workshop": spanner,
}

// Emblem draws the sign of a scene on a colour, square.
func Emblem(scene string, accent, size int) (*image.RGBA, error) {
	draw := emblems[scene]
	if draw == nil {
		return nil, fmt.Errorf("there is no emblem for %q", scene)
	}
	c, i := newCanvas(size, size, 400), hex(accent)
	c.shade(rect(0, 0, 400, 400), i.lighter(0.14), i.darker(0.1))
	c.veil(circle(200, 200, 168), i.lighter(0.5), 0.28)
	draw(c, i)
	return c.pixels, nil
}

// The inks that emblems share.
func cream() ink { return hex(0xfbf0dc) }
func sun() ink   { return hex(0xf2bf57) }
func brick() ink { return hex(0xdb7353) }
func leaf() ink  { return hex(0x86b26f) }

func sunflower(c canvas, i ink) {
	c.fill(bent(16, 200, 220, 206, 300, 200, 372), leaf().darker(0.2))
	c.fill(ellipse(158, 318, 44, 20).with(ellipse(244, 296, 44, 20)), leaf())
	for n := range 14 {
		sin, cos := math.Sincos(float64(n) / 14 * 2 * math.Pi)
		c.fill(circle(200+cos*84, 172+sin*84, 27), sun())
	}
	c.fill(circle(200, 172, 62), hex(0x7a4a30))
	c.veil(circle(190, 160, 36), i, 0.16)
}

func pretzel(c canvas, _ ink) {
	crust := hex(0xf0c283)
	c.fill(ring(148, 186, 78, 34).with(ring(252, 186, 78, 34)), crust)
	c.fill(bent(34, 118, 296, 160, 310, 200, 262, 240, 310, 282, 296), crust.darker(0.12))
	for _, s := range [][2]float64{{96, 150}, {132, 122}, {240, 124}, {292, 150}, {304, 200}, {180, 190}, {222, 190}, {92, 214}} {
		c.fill(circle(s[0], s[1], 7), hex(0xfffaf0))
	}
}

func hive(c canvas, i ink) {
	for n := range 5 {
		wide := []float64{60, 96, 116, 116, 100}[n]
		c.fill(round(200-wide, 78+float64(n)*50, 2*wide, 56, 28), mix(sun(), hex(0xd99a3a), float64(n%2)))
	}
	c.fill(ellipse(200, 296, 26, 32), i.darker(0.5))
	for _, b := range [][2]float64{{88, 110}, {322, 150}, {316, 320}} {
		c.veil(ellipse(b[0]-4, b[1]-16, 14, 11).with(ellipse(b[0]+12, b[1]-16, 13, 10)), cream(), 0.85)
		c.fill(ellipse(b[0], b[1], 22, 15), sun())
		c.fill(rect(b[0]-6, b[1]-13, 7, 26).with(rect(b[0]+7, b[1]-12, 7, 23)), hex(0x332f3a))
	}
}

func wheel(c canvas, i ink) {
	for n := range 8 {
		sin, cos := math.Sincos(float64(n) * math.Pi / 8)
		c.veil(straight(5, 200-cos*110, 200-sin*110, 200+cos*110, 200+sin*110), cream(), 0.7)
	}
	c.fill(ring(200, 200, 132, 26), cream())
	c.fill(ring(200, 200, 132, 8), i.darker(0.45))
	c.fill(circle(200, 200, 26), sun())
}

func arches(c canvas, i ink) {
	water := hex(0x8cc0cc)
	c.fill(blob(60, 262, 200, 250, 340, 262, 330, 320, 200, 350, 70, 320), water)
	stone := area(270, 50, 196, 130, 164, 200, 152, 270, 164, 350, 196).with(rect(50, 190, 300, 82))
	c.fill(stone, cream())
	c.fill(area(276, 84, 276, 96, 226, 124, 210, 152, 226, 164, 276).with(area(276, 190, 276, 206, 214, 244, 196, 282, 214, 298, 276)),
		mix(water, i, 0.2))
	c.fill(bent(14, 46, 190, 130, 156, 200, 144, 270, 156, 354, 190), brick())
	for n := range 3 {
		c.veil(round(110+float64(n)*60, 300+float64(n%2)*18, 54, 6, 3), cream(), 0.7)
	}
}

func cup(c canvas, i ink) {
	for n := range 3 {
		x := 160 + float64(n)*40
		c.veil(bent(11, x, 158, x-14, 128, x+12, 100, x, 68), cream(), 0.75)
	}
	c.fill(ring(282, 226, 48, 18), cream())
	c.fill(area(180, 90, 180, 180, 180, 280, 180).with(blob(100, 176, 282, 176, 278, 250, 240, 300, 142, 300, 104, 250)), cream())
	c.fill(ellipse(190, 180, 88, 16), hex(0x7a4a30))
	c.fill(round(76, 308, 236, 20, 10), i.lighter(0.6))
	c.fill(heart(190, 244, 30), brick())
}

func notes(c canvas, _ ink) {
	c.fill(polygon(150, 100, 166, 96, 166, 280, 150, 280).with(polygon(284, 74, 300, 70, 300, 250, 284, 250),
		polygon(150, 96, 300, 64, 300, 116, 150, 148)), cream())
	c.fill(ellipse(128, 280, 42, 31).with(ellipse(262, 250, 42, 31)), sun())
}

func hanger(c canvas, _ ink) {
	c.fill(bent(12, 200, 132, 200, 110, 222, 96, 212, 68, 188, 72), cream())
	c.fill(polygon(150, 136, 250, 136, 312, 166, 346, 244, 300, 262, 280, 222, 280, 334, 120, 334, 120, 222, 100, 262, 54, 244, 88, 166),
		brick())
	c.fill(ellipse(200, 136, 46, 22), cream())
	c.fill(rect(120, 232, 160, 22).with(rect(120, 274, 160, 22)), sun())
}

func gables(c canvas, i ink) {
	for n, x := range []float64{66, 156, 246} {
		wall, h := []ink{cream(), sun(), brick()}[n], []float64{120, 170, 138}[n]
		c.fill(rect(x, 312-h, 88, h), wall)
		c.fill(polygon(x-8, 314-h, x+44, 258-h, x+96, 314-h), i.darker(0.4))
		for k := range 4 {
			c.fill(round(x+16+float64(k%2)*36, 328-h+float64(k/2)*44, 20, 28, 3), mix(i.darker(0.3), wall, 0.2))
		}
	}
	c.fill(round(50, 308, 300, 14, 7), leaf())
}

func carrot(c canvas, _ ink) {
	for _, l := range [][2]float64{{230, 66}, {276, 70}, {318, 106}, {330, 150}} {
		c.fill(bent(26, 246, 152, (246+l[0])/2+6, (152+l[1])/2-4, l[0], l[1]), leaf())
	}
	c.fill(blob(214, 130, 262, 142, 272, 190, 200, 270, 96, 330, 84, 312, 130, 212), brick().lighter(0.05))
	for _, l := range [][4]float64{{180, 178, 206, 192}, {212, 226, 234, 240}, {138, 232, 160, 246}, {150, 284, 172, 292}} {
		c.veil(straight(7, l[0], l[1], l[2], l[3]), brick().darker(0.5), 0.4)
	}
}

func sails(c canvas, i ink) {
	c.fill(straight(10, 196, 72, 196, 268), hex(0x7a5a44))
	c.fill(polygon(210, 78, 210, 248, 316, 248), cream())
	c.fill(polygon(182, 104, 182, 248, 104, 248), sun())
	c.fill(polygon(80, 266, 326, 266, 288, 316, 122, 316), brick())
	c.fill(bent(14, 60, 334, 110, 320, 160, 336, 210, 320, 260, 336, 310, 320, 344, 332), i.lighter(0.65))
}

func pages(c canvas, i ink) {
	c.fill(polygon(58, 128, 200, 152, 342, 128, 342, 306, 200, 330, 58, 306), brick())
	c.fill(area(316, 74, 112, 136, 108, 196, 142).with(polygon(74, 112, 196, 142, 196, 318, 74, 290)), cream())
	c.fill(area(316, 204, 142, 264, 108, 326, 112).with(polygon(204, 142, 326, 112, 326, 290, 204, 318)), cream().darker(0.06))
	for n := range 4 {
		y := 160 + float64(n)*32
		c.veil(polygon(98, y, 172, y+14, 172, y+22, 98, y+8).with(polygon(228, y+14, 302, y, 302, y+8, 228, y+22)), i.darker(0.2), 0.6)
	}
	c.fill(polygon(262, 120, 286, 116, 286, 196, 274, 184, 262, 200), sun())
}

func apple(c canvas, _ ink) {
	c.fill(bent(13, 200, 140, 204, 104, 222, 78), hex(0x7a4a30))
	c.fill(blob(214, 110, 262, 76, 300, 90, 262, 122), leaf())
	c.fill(blob(200, 138, 262, 118, 318, 168, 306, 262, 252, 330, 200, 318, 148, 330, 94, 262, 82, 168, 138, 118), brick())
	c.veil(blob(124, 166, 150, 152, 148, 196, 122, 232, 112, 200), cream(), 0.4)
}

func hearts(c canvas, _ ink) {
	c.fill(heart(168, 204, 104), cream())
	c.fill(heart(262, 228, 76), brick())
}

func lampion(c canvas, i ink) {
	c.fill(bent(6, 40, 92, 200, 130, 360, 86), cream())
	for n, x := range []float64{110, 200, 294} {
		y, colour := []float64{190, 226, 186}[n], []ink{sun(), brick(), cream()}[n]
		c.fill(straight(5, x, y-80, x, y-56), cream())
		c.veil(circle(x, y, 78), hex(0xffe9b8), 0.2)
		c.fill(circle(x, y, 56), colour)
		c.veil(ellipse(x, y, 34, 56).with(ellipse(x, y, 10, 56)), i.darker(0.3), 0.14)
		c.fill(round(x-20, y-62, 40, 14, 5).with(round(x-20, y+48, 40, 14, 5)), i.darker(0.45))
	}
}

func kite(c canvas, i ink) {
	c.fill(polygon(224, 60, 316, 156, 216, 270, 134, 142), sun())
	c.fill(polygon(224, 60, 316, 156, 219, 152), brick())
	c.fill(polygon(219, 152, 216, 270, 134, 142), cream())
	c.fill(straight(6, 224, 60, 216, 270).with(straight(6, 134, 142, 316, 156)), i.darker(0.4))
	c.fill(bent(7, 216, 270, 190, 304, 150, 300, 116, 334, 80, 330), cream())
	for _, b := range [][2]float64{{178, 304}, {118, 332}} {
		c.fill(polygon(b[0]-22, b[1]-16, b[0], b[1], b[0]-22, b[1]+16).with(polygon(b[0]+22, b[1]-16, b[0]+22, b[1]+16, b[0], b[1])), brick())
	}
}

func waves(c canvas, i ink) {
	c.fill(polygon(188, 190, 212, 190, 236, 340, 164, 340), cream())
	c.veil(straight(7, 176, 300, 226, 262).with(straight(7, 224, 300, 178, 262)), i.darker(0.4), 0.6)
	c.fill(circle(200, 170, 30), sun())
	for k := range 3 {
		r := 62 + float64(k)*38
		for _, side := range []float64{0, math.Pi} {
			line := []point{}
			for n := range 9 {
				sin, cos := math.Sincos(side - 0.75 + 1.5*float64(n)/8)
				line = append(line, point{200 + r*cos, 170 + r*sin})
			}
			c.veil(stroke(14, line), cream(), 1-float64(k)*0.22)
		}
	}
}

func board(c canvas, _ ink) {
	c.fill(bent(34, 64, 190, 96, 220, 200, 230, 304, 220, 336, 190), brick())
	c.fill(bent(8, 76, 186, 104, 208, 200, 216, 296, 208, 324, 186), sun())
	c.fill(circle(134, 268, 30).with(circle(266, 268, 30)), cream())
	c.fill(circle(134, 268, 11).with(circle(266, 268, 11)), hex(0x4b4a58))
	c.veil(round(90, 108, 120, 10, 5).with(round(60, 138, 90, 10, 5)), cream(), 0.6)
}

func mask(c canvas, i ink) {
	face := func(x, y, side float64, colour ink, mouth []float64) {
		m := c.at(x, y, side, 1)
		m.fill(blob(-84, -92, 0, -80, 84, -92, 82, 10, 46, 86, 0, 108, -46, 86, -82, 10), colour)
		m.fill(blob(-58, -26, -36, -42, -14, -26, -36, -16).with(blob(14, -26, 36, -42, 58, -26, 36, -16)), i.darker(0.5))
		m.fill(bent(15, mouth...), i.darker(0.5))
	}
	face(254, 232, -1, sun(), []float64{-38, 56, 0, 32, 38, 56})
	face(150, 176, 1, cream(), []float64{-42, 30, 0, 58, 42, 30})
}

func spanner(c canvas, i ink) {
	steel := cream()
	c.fill(straight(44, 136, 268, 262, 142), steel)
	c.fill(circle(276, 128, 62).with(circle(124, 280, 50)), steel)
	back := i.lighter(0.22)
	c.fill(polygon(264, 122, 301, 70, 336, 106, 288, 146), back)
	c.fill(circle(124, 280, 23), back)
	c.fill(straight(26, 120, 128, 280, 288), sun())
	c.fill(straight(46, 226, 234, 292, 300), brick())
	c.fill(polygon(112, 100, 138, 126, 120, 144, 94, 118), sun())
}
