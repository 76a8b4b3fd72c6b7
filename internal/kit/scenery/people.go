package scenery

import "math"

// look is how a figure looks.
type look struct {
	skin, hair, top, legs ink
	style                 hairstyle
	child, skirt          bool
}

type hairstyle int

const (
	cropped hairstyle = iota
	bob
	bun
	curly
	long
	scarf
	bald
	peaked
)

// skins are complexions.
var skins = []int{0xf3cfb3, 0xe6b48f, 0xc98d66, 0x9c6644, 0x6f4630}

// hairs are colours of hair.
var hairs = []int{0x2c2422, 0x5a3a28, 0x8c5a33, 0xcf9f57, 0xb9b2aa, 0x9c4a2d}

// stranger invents a look.
func (s *scene) stranger() look {
	return look{
		skin: hex(one(s, skins...)), hair: hex(one(s, hairs...)),
		style: one(s, cropped, cropped, bob, bob, bun, bun, curly, curly, long, long, scarf, scarf, peaked, peaked, bald),
		top:   one(s, s.accent, s.brick, s.sun, s.cream, s.rose, s.deep, hex(0x5f8a8b), hex(0x7a6a9a)),
		legs:  one(s, s.night.lighter(0.12), hex(0x6b5a4c), hex(0x4d6075), s.deep), skirt: s.rand.IntN(3) == 0,
	}
}

func (s *scene) kid() look {
	l := s.stranger()
	l.child = true
	if l.style == bald || l.style == scarf {
		l.style = bob
	}
	return l
}

// pose is where hands and feet are, from the shoulder and the hip in shares of a hundred of the height: x to the right.
type pose struct {
	left, right         point // hands
	leftFoot, rightFoot point
	sitting             bool
	lean                float64
	back                bool // one sees no face
}

var (
	standing = pose{left: point{-9, 27}, right: point{9, 27}, leftFoot: point{-4, 45}, rightFoot: point{4, 45}}
	walking  = pose{left: point{-14, 23}, right: point{13, 23}, leftFoot: point{-12, 44}, rightFoot: point{11, 45}}
	waving   = pose{left: point{-9, 27}, right: point{17, -20}, leftFoot: point{-4, 45}, rightFoot: point{4, 45}}
	cheering = pose{left: point{-17, -20}, right: point{17, -20}, leftFoot: point{-6, 45}, rightFoot: point{6, 45}}
	holding  = pose{left: point{9, 19}, right: point{16, 17}, leftFoot: point{-4, 45}, rightFoot: point{4, 45}}
	pointing = pose{left: point{-9, 27}, right: point{25, -6}, leftFoot: point{-5, 45}, rightFoot: point{5, 45}}
	reading  = pose{left: point{4, 18}, right: point{10, 18}, leftFoot: point{18, 27}, rightFoot: point{22, 27}, sitting: true}
	sitting  = pose{left: point{6, 20}, right: point{14, 20}, leftFoot: point{18, 27}, rightFoot: point{22, 27}, sitting: true}
	bending  = pose{left: point{16, 25}, right: point{24, 24}, leftFoot: point{-5, 45}, rightFoot: point{6, 45}, lean: 12}
)

// person stands on a height above the origin, so many units high; a negative width of the canvas makes them look to the
// left.
func (c canvas) person(y, high float64, l look, p pose) {
	unit := high / 100
	if !p.sitting {
		c.shadow(0, y, 16*unit)
	}
	f := c.at(0, y, unit, unit)
	hip, shoulder := point{0, -45}, point{p.lean, -76}
	if l.child {
		shoulder.y = -68
	}
	if p.sitting {
		hip, shoulder = point{0, -28}, point{0, -60}
	}
	head := point{shoulder.x * 1.25, shoulder.y - 13}
	radius := 9.6
	if l.child {
		radius, head.y = 12, shoulder.y-14
	}
	f.backHair(head, radius, l)
	f.legs(hip, l, p)
	// the arm behind
	f.arm(point{shoulder.x - 7, shoulder.y + 5}, p.left, l, true)
	f.fill(stroke(6, []point{{shoulder.x, shoulder.y - 2}, {head.x, head.y + 4}}), mix(l.skin, hex(0x7a3d22), 0.2))
	body := blob(shoulder.x-9, shoulder.y+1, shoulder.x, shoulder.y-3, shoulder.x+9, shoulder.y+1, shoulder.x*0.5+10, (shoulder.y+hip.y)/2,
		hip.x+9, hip.y+1, hip.x, hip.y+3, hip.x-9, hip.y+1, shoulder.x*0.5-10, (shoulder.y+hip.y)/2)
	f.fill(body, l.top)
	if l.skirt && !p.sitting {
		f.fill(polygon(hip.x-8, hip.y-8, hip.x+8, hip.y-8, hip.x+14, hip.y+20, hip.x-14, hip.y+20), l.top.darker(0.12))
	}
	f.arm(point{shoulder.x + 7, shoulder.y + 5}, p.right, l, false)
	f.head(head, radius, l, p.back)
}

func (c canvas) legs(hip point, l look, p pose) {
	shoe := hex(0x3a3440)
	for n, foot := range []point{p.leftFoot, p.rightFoot} {
		at := point{hip.x + foot.x, hip.y + foot.y}
		from := point{hip.x - 4 + 8*float64(n), hip.y}
		knee := point{(from.x+at.x)/2 + 1.5, (from.y + at.y) / 2}
		if p.sitting {
			knee = point{hip.x + foot.x - 1, hip.y + 2}
		}
		legs := l.legs
		if n == 0 {
			legs = legs.darker(0.15)
		}
		c.fill(straight(8.5, from.x, from.y, knee.x, knee.y, at.x, at.y-2), legs)
		c.fill(round(at.x-4, at.y-4, 12, 5, 2.5), shoe)
	}
}

func (c canvas) arm(from, reach point, l look, behind bool) {
	hand := point{from.x + reach.x*0.9, from.y + reach.y*0.9}
	// The elbow points away from the body.
	length := math.Hypot(reach.x, reach.y)
	out := max(0, 27-length) * 0.6
	elbow := point{(from.x+hand.x)/2 - reach.y/max(length, 1)*out*sign(-reach.x), (from.y+hand.y)/2 + math.Abs(reach.x)/max(length, 1)*out}
	sleeve := l.top.darker(0.1)
	if behind {
		sleeve = l.top.darker(0.2)
	}
	c.fill(bent(6, from.x, from.y, elbow.x, elbow.y, hand.x, hand.y), sleeve)
	c.fill(circle(hand.x, hand.y, 3.3), l.skin)
}

func sign(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}

// backHair is what hangs behind the shoulders.
func (c canvas) backHair(at point, r float64, l look) {
	switch l.style {
	case long:
		c.fill(round(at.x-r*1.15, at.y-r*0.4, r*2.3, r*2.7, r), l.hair)
	case bob:
		c.fill(round(at.x-r*1.18, at.y-r*0.5, r*2.36, r*1.7, r*0.7), l.hair)
	case scarf:
		c.fill(round(at.x-r*1.1, at.y-r*0.2, r*2.2, r*2.1, r*0.9), scarfOf(l))
	case curly:
		for n := range 9 {
			sin, cos := math.Sincos(math.Pi*1.02 + float64(n)/8*math.Pi*0.96)
			c.fill(circle(at.x+cos*r*0.95, at.y-r*0.1+sin*r*0.95, r*0.55), l.hair)
		}
	case cropped, bun, bald, peaked:
	}
}

// scarfOf returns the colour of a headscarf that goes with the clothes.
func scarfOf(l look) ink { return mix(l.top.lighter(0.35), hex(0x8f5d78), 0.35) }

func (c canvas) head(at point, r float64, l look, back bool) {
	c.fill(circle(at.x, at.y, r), l.skin)
	top := func(i ink, down float64) {
		c.fill(area(at.y+r*down, at.x-r*1.05, at.y+r*down, at.x-r*0.85, at.y-r*0.75, at.x, at.y-r*1.18,
			at.x+r*0.85, at.y-r*0.75, at.x+r*1.05, at.y+r*down), i)
	}
	switch l.style {
	case cropped, bob, long:
		top(l.hair, -0.25)
	case bun:
		c.fill(circle(at.x-r*0.2, at.y-r*1.25, r*0.5), l.hair)
		top(l.hair, -0.25)
	case curly:
		top(l.hair, -0.35)
	case scarf:
		c.fill(circle(at.x, at.y, r*1.16).with(round(at.x-r*0.8, at.y+r*0.5, r*1.7, r*1.0, r*0.5)), scarfOf(l))
		c.fill(ellipse(at.x+r*0.2, at.y+r*0.1, r*0.74, r*0.84), l.skin)
	case bald:
	case peaked:
		top(l.legs.lighter(0.2), -0.4)
		c.fill(round(at.x+r*0.2, at.y-r*0.55, r*1.25, r*0.28, r*0.14), l.legs.lighter(0.1))
	}
	if back {
		if l.style != bald && l.style != scarf {
			c.fill(circle(at.x, at.y-r*0.05, r*1.02), l.hair)
		} else if l.style == scarf {
			c.fill(circle(at.x, at.y, r*1.05), scarfOf(l))
		}
		return
	}
	eye := hex(0x3b2a26)
	c.fill(circle(at.x-r*0.1, at.y+r*0.05, r*0.1), eye)
	c.fill(circle(at.x+r*0.5, at.y+r*0.05, r*0.1), eye)
	c.veil(circle(at.x-r*0.3, at.y+r*0.38, r*0.2), hex(0xd9694f), 0.28)
	c.veil(circle(at.x+r*0.68, at.y+r*0.38, r*0.2), hex(0xd9694f), 0.28)
	c.fill(bent(r*0.11, at.x, at.y+r*0.42, at.x+r*0.2, at.y+r*0.52, at.x+r*0.42, at.y+r*0.42), mix(l.skin, hex(0x7a2f22), 0.6))
}
