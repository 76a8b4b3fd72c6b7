package scenery

import "math/rand/v2"

// Hour is the light in which a scene lies.
type Hour int

// The hours.
const (
	Day Hour = iota
	Morning
	Evening
	Night
)

// Season is what grows and lies on the ground.
type Season int

// The seasons.
const (
	Summer Season = iota
	Spring
	Autumn
	Winter
)

// scene is a picture while it is drawn, and the colours that belong together in it.
type scene struct {
	canvas

	rand   *rand.Rand
	hour   Hour
	season Season

	accent, deep, pale    ink // the colour of the picture
	leaf, leafDeep, grass ink
	ground, path          ink
	cream, wood, brick    ink
	sun, rose, night      ink
	skyTop, skyLow, far   ink
	water                 ink
}

func (s *scene) dark() bool { return s.hour == Night || s.hour == Evening }

// between returns a number in a range.
func (s *scene) between(least, most float64) float64 { return least + s.rand.Float64()*(most-least) }

// one returns one of several things.
func one[T any](s *scene, from ...T) T { return from[s.rand.IntN(len(from))] }

// mixColours sets the colours of the hour and the season.
func (s *scene) mixColours(accent ink) {
	s.accent, s.deep, s.pale = accent, accent.darker(0.35), accent.lighter(0.6)
	s.cream, s.wood, s.brick = hex(0xf6ead7), hex(0xb98a5e), hex(0xc9694a)
	s.sun, s.rose, s.night = hex(0xeeb64c), hex(0xe8a08a), hex(0x2b3350)
	s.ground, s.path, s.water = hex(0xcfae86), hex(0xe9d8bb), hex(0x7fb2bd)
	switch s.season {
	case Summer:
		s.leaf, s.leafDeep, s.grass = hex(0x7ba567), hex(0x557f56), hex(0x9dbd78)
	case Spring:
		s.leaf, s.leafDeep, s.grass = hex(0x9cc07a), hex(0x6f9c63), hex(0xb2cf8b)
	case Autumn:
		s.leaf, s.leafDeep, s.grass = hex(0xd9903f), hex(0xb5622f), hex(0xc2b36b)
	case Winter:
		s.leaf, s.leafDeep, s.grass = hex(0x7d958b), hex(0x5b756f), hex(0xe9eef0)
		s.path, s.water, s.ground = hex(0xdfe3e4), hex(0x9dbccb), hex(0xd5d0c8)
	}
	s.skyTop, s.skyLow = hex(0xa9d3de), hex(0xeaf1e4)
	tint, share := hex(0xfff3da), 0.06
	switch s.hour {
	case Day:
	case Morning:
		s.skyTop, s.skyLow = hex(0xb9d5dc), hex(0xfbe3c8)
		tint, share = hex(0xffe2c0), 0.14
	case Evening:
		s.skyTop, s.skyLow = hex(0x8d86b0), hex(0xf7bd8c)
		tint, share = hex(0xa8606a), 0.22
	case Night:
		s.skyTop, s.skyLow = hex(0x252f52), hex(0x5b6691)
		tint, share = hex(0x263058), 0.5
	}
	s.skyTop = mix(s.skyTop, accent, 0.08)
	s.far = mix(s.leafDeep, s.skyLow, 0.6)
	s.light = func(i ink) ink { return mix(i, tint, share) }
}

// lit draws without the light of the hour: lamps, windows, the sky.
func (s *scene) lit(draw func()) {
	light := s.light
	s.light = func(i ink) ink { return i }
	draw()
	s.light = light
}

// sky fills the picture down to a height, with a sun or a moon and clouds.
func (s *scene) sky(down float64) {
	s.lit(func() {
		s.shade(rect(0, 0, 1600, down), s.skyTop, s.skyLow)
		s.fill(rect(0, down, 1600, 900-down), s.skyLow)
		x := s.between(1000, 1400)
		switch s.hour {
		case Day:
			s.glow(x, 150, 170, hex(0xfff6dc), 0.5)
			s.fill(circle(x, 150, 56), hex(0xfff4d2))
		case Morning:
			s.glow(x, down-140, 300, hex(0xfff0cf), 0.7)
			s.fill(circle(x, down-140, 70), hex(0xfff2cf))
		case Evening:
			s.glow(x, down-110, 340, hex(0xffd9a0), 0.7)
			s.fill(circle(x, down-110, 84), hex(0xffe3ae))
		case Night:
			for range 46 {
				s.veil(circle(s.between(0, 1600), s.between(0, down*0.7), s.between(1.5, 3.2)), hex(0xfdf3d8), s.between(0.4, 0.9))
			}
			s.glow(x, 150, 170, hex(0xfdf0cc), 0.25)
			s.fill(circle(x, 150, 54), hex(0xfbeecb))
			s.veil(circle(x-18, 138, 11), hex(0xe7d6ac), 0.7)
			s.veil(circle(x+16, 168, 8), hex(0xe7d6ac), 0.7)
		}
	})
	if s.hour != Night {
		for n := range 3 {
			s.cloud(s.between(0, 420)+float64(n)*470, s.between(70, 210), s.between(0.7, 1.25))
		}
	}
}

func (s *scene) cloud(x, y, size float64) {
	c := s.at(x, y, size, size)
	white := mix(hex(0xfffbf2), s.skyLow, 0.25)
	shape := round(0, 26, 220, 44, 22).with(circle(70, 34, 38), circle(128, 22, 46), circle(172, 42, 28))
	c.veil(shape, white, 0.85)
}

// hills draws the land behind a scene: a far ridge and a near one.
func (s *scene) hills(y float64) {
	ridge := func(y, high float64, i ink) {
		line := []float64{}
		for x := -200.0; x <= 1800; x += 250 {
			line = append(line, x, y-s.between(0, high))
		}
		s.fill(area(900, line...), i)
	}
	ridge(y-40, 120, mix(s.far, s.skyLow, 0.35))
	ridge(y, 70, s.far)
}

// meadow is the ground from a height on.
func (s *scene) meadow(y float64) {
	s.shade(area(900, -10, y+10, 400, y-14, 900, y+12, 1300, y-10, 1610, y+6), s.grass, mix(s.grass, s.leafDeep, 0.25))
}

// tufts are what grows on a meadow.
func (s *scene) tufts(n int, top, down float64) {
	for range n {
		x, y := s.between(0, 1600), s.between(top, down)
		size := 0.6 + (y-top)/(down-top+1)
		i := mix(s.leafDeep, s.grass, 0.35)
		s.fill(polygon(x-7*size, y, x-10*size, y-16*size, x, y), i)
		s.fill(polygon(x-4*size, y, x+1*size, y-22*size, x+5*size, y), i)
		s.fill(polygon(x+1*size, y, x+11*size, y-15*size, x+7*size, y), i)
	}
}

// shadow lies below what stands on the ground.
func (c canvas) shadow(x, y, wide float64) {
	c.veil(ellipse(x, y, wide, wide*0.16), hex(0x2b3350), 0.13)
}

// tree stands on a point.
func (s *scene) tree(x, y, size float64) {
	s.shadow(x, y, 80*size)
	c := s.at(x, y, size, size)
	trunk := hex(0x8a6448)
	if s.season == Winter {
		s.bare(c, trunk)
		return
	}
	c.fill(polygon(-13, 0, -8, -150, 8, -150, 14, 0), trunk)
	c.fill(straight(8, 0, -90, -38, -140), trunk)
	c.fill(straight(8, 0, -110, 34, -150), trunk)
	leaf := mix(s.leaf, s.leafDeep, s.between(0, 0.5))
	crown := circle(0, -215, 84).with(circle(-62, -170, 56), circle(62, -172, 58), circle(-34, -262, 54), circle(38, -260, 54))
	c.fill(crown, leaf)
	c.veil(circle(34, -248, 52).with(circle(58, -188, 40)), leaf.lighter(0.3), 0.45)
	c.veil(ellipse(-44, -160, 58, 40), leaf.darker(0.3), 0.35)
	dots := s.rose
	if s.season == Autumn {
		dots = s.sun
	}
	if s.season == Spring || s.season == Autumn {
		for range 16 {
			c.veil(circle(s.between(-80, 80), s.between(-290, -140), s.between(6, 11)), dots.lighter(0.35), 0.9)
		}
	}
}

// bare is a tree in winter with snow on it.
func (s *scene) bare(c canvas, trunk ink) {
	c.fill(polygon(-13, 0, -7, -170, 7, -170, 14, 0), trunk)
	for _, b := range [][]float64{
		{0, -90, -50, -160, -66, -220},
		{0, -110, 48, -180, 60, -240},
		{0, -150, -24, -220, -20, -286},
		{0, -160, 22, -230, 24, -300},
		{-34, -140, -86, -176},
		{32, -160, 84, -200},
	} {
		c.fill(straight(9, b...), trunk)
	}
	snow := hex(0xffffff)
	c.fill(straight(6, -38, -148, -84, -180), snow)
	c.fill(straight(6, 36, -168, 82, -206), snow)
}

// conifer stands on a point.
func (s *scene) conifer(x, y, size float64) {
	s.shadow(x, y, 56*size)
	c := s.at(x, y, size, size)
	green := mix(hex(0x4f7461), s.far, 0.2)
	c.fill(rect(-8, -40, 16, 40), hex(0x7d5c45))
	for n := range 3 {
		up := float64(n) * 62
		wide := 76 - float64(n)*17
		c.fill(polygon(-wide, -30-up, 0, -150-up, wide, -30-up), green)
		c.veil(polygon(0, -150-up, wide, -30-up, wide*0.2, -30-up), green.darker(0.4), 0.3)
		if s.season == Winter {
			c.fill(polygon(-wide*0.4, -102-up, 0, -150-up, wide*0.4, -102-up, 0, -112-up), hex(0xffffff))
		}
	}
}

// bush stands on a point.
func (s *scene) bush(x, y, size float64) {
	c := s.at(x, y, size, size)
	leaf := mix(s.leafDeep, s.leaf, s.between(0, 0.6))
	c.fill(circle(0, -34, 40).with(circle(-44, -22, 28), circle(44, -24, 30), round(-70, -24, 142, 24, 12)), leaf)
	c.veil(circle(14, -46, 22), leaf.lighter(0.4), 0.4)
}

// flowers stand in a row.
func (s *scene) flowers(x, y, wide float64, n int) {
	for k := range n {
		fx, high := x+wide*(float64(k)+0.5)/float64(n)+s.between(-6, 6), s.between(24, 46)
		s.fill(straight(4, fx, y, fx+2, y-high), s.leafDeep)
		i := one(s, s.rose, s.sun, s.cream, s.accent.lighter(0.2))
		s.fill(circle(fx+2, y-high, 10), i)
		s.fill(circle(fx+2, y-high, 4), mix(i, s.brick, 0.5))
	}
}
