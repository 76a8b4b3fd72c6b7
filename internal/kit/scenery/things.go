package scenery

// house stands on a point: a front with a gable.
func (s *scene) house(x, y, w, h float64, wall, roof ink) {
	s.fill(rect(x, y-h, w, h), wall)
	s.fill(polygon(x-14, y-h+4, x+w/2, y-h-w*0.46, x+w+14, y-h+4), roof)
	s.veil(polygon(x+w/2, y-h-w*0.46, x+w+14, y-h+4, x+w/2, y-h+4), roof.darker(0.5), 0.16)
	s.veil(rect(x+w*0.5, y-h, w*0.5, h), hex(0x2b3350), 0.045)
	if s.season == Winter {
		s.fill(polygon(x-14, y-h+4, x+w/2, y-h-w*0.46, x+w+14, y-h+4, x+w/2, y-h-w*0.36), hex(0xffffff))
	}
	columns := max(1, int(w/74))
	for floor := 0; float64(floor)*92+60 < h; floor++ {
		for n := range columns {
			if floor == 0 && n == 0 {
				s.door(x+w*0.5/float64(columns)-22, y, roof.darker(0.2))
				continue
			}
			s.window(x+w*(float64(n)+0.5)/float64(columns)-20, y-float64(floor)*92-84, 40, 54)
		}
	}
	s.window(x+w/2-14, y-h-w*0.2, 28, 32)
}

func (s *scene) door(x, y float64, i ink) {
	s.fill(round(x-4, y-82, 52, 82, 24), s.cream)
	s.fill(round(x, y-78, 44, 78, 20), i)
	s.fill(circle(x+35, y-36, 3.4), s.sun)
}

// window shows light in the dark, mostly.
func (s *scene) window(x, y, w, h float64) {
	s.fill(round(x-4, y-4, w+8, h+8, 4), s.cream)
	if s.dark() && s.rand.IntN(4) > 0 {
		s.lit(func() {
			s.glow(x+w/2, y+h/2, w*1.4, hex(0xffd98a), 0.18)
			s.fill(rect(x, y, w, h), hex(0xffd98a))
		})
	} else {
		s.shade(rect(x, y, w, h), hex(0x8fb3bd), hex(0xc4d8d6))
	}
	s.fill(rect(x+w/2-1.5, y, 3, h).with(rect(x, y+h*0.4, w, 3)), s.cream)
}

// street is a row of houses on a line.
func (s *scene) street(y, from, to float64) {
	walls := []ink{s.cream, s.rose.lighter(0.3), s.sun.lighter(0.45), s.pale, hex(0xb9ccc4), hex(0xe2c3a4)}
	roofs := []ink{s.brick, s.deep.lighter(0.15), hex(0x8d5a4b), hex(0x6c7480)}
	turn := s.rand.IntN(len(walls))
	s.fill(rect(from, y-150, to-from, 152), walls[turn].darker(0.25))
	for n, x := 0, from; x < to; n++ {
		w := s.between(170, 240)
		s.house(x, y, w, s.between(210, 330), walls[(n+turn)%len(walls)], one(s, roofs...))
		x += w + 6
	}
}

// skyline is a town far away.
func (s *scene) skyline(y float64, i ink) {
	for x := -20.0; x < 1620; {
		w, h := s.between(50, 96), s.between(50, 130)
		s.fill(rect(x, y-h, w+1, h+40), i)
		s.fill(polygon(x-4, y-h, x+w/2, y-h-w*0.5, x+w+4, y-h), i.darker(0.06))
		if s.dark() {
			s.lit(func() {
				for range 3 {
					s.fill(rect(x+s.between(8, w-18), y-s.between(10, h-14), 9, 12), hex(0xf6cf86))
				}
			})
		}
		x += w
	}
	t := s.between(300, 1200)
	s.fill(rect(t, y-250, 56, 290), i)
	s.fill(polygon(t-6, y-248, t+28, y-370, t+62, y-248), i.darker(0.1))
	s.lit(func() { s.fill(circle(t+28, y-215, 13), mix(i, s.cream, 0.6)) })
}

// bunting hangs between two points.
func (s *scene) bunting(x1, y1, x2, y2, sag float64) {
	const n = 15
	at := func(k float64) point { return point{x1 + (x2-x1)*k, y1 + (y2-y1)*k + sag*4*k*(1-k)} }
	line := []point{}
	for k := range n + 1 {
		line = append(line, at(float64(k)/n))
	}
	s.fill(stroke(4, line), hex(0x6b5a4c))
	flags := []ink{s.accent, s.cream, s.brick, s.sun, s.rose}
	for k := range n {
		a, b := at((float64(k)+0.15)/n), at((float64(k)+0.85)/n)
		s.fill(polygon(a.x, a.y, b.x, b.y, (a.x+b.x)/2, (a.y+b.y)/2+44), flags[k%len(flags)])
	}
}

// lights hang between two points.
func (s *scene) lights(x1, y1, x2, y2, sag float64) {
	const n = 11
	line := []point{}
	for k := range n + 1 {
		t := float64(k) / n
		line = append(line, point{x1 + (x2-x1)*t, y1 + (y2-y1)*t + sag*4*t*(1-t)})
	}
	s.fill(stroke(3, line), hex(0x4c4450))
	s.lit(func() {
		for _, p := range line[1:n] {
			s.glow(p.x, p.y+12, 46, hex(0xffdf9a), 0.4)
			s.fill(circle(p.x, p.y+12, 11), hex(0xffe9b8))
		}
	})
}

// bicycle stands with its rear wheel at the left of a point.
func (c canvas) bicycle(x, y, size float64, frame ink) {
	b := c.at(x, y, size, size)
	dark := hex(0x3a3440)
	for _, wheel := range []float64{-76, 76} {
		b.fill(ring(wheel, -46, 46, 6), dark)
		b.veil(ring(wheel, -46, 40, 2), hex(0xffffff), 0.35)
		b.fill(circle(wheel, -46, 6), dark)
		for n := range 4 {
			dx, dy := [4]float64{1, 0.707, 0, -0.707}[n], [4]float64{0, 0.707, 1, 0.707}[n]
			b.veil(straight(1.4, wheel-38*dx, -46-38*dy, wheel+38*dx, -46+38*dy), dark, 0.45)
		}
	}
	b.fill(straight(7, -76, -46, -10, -44, 56, -112, -34, -112, -76, -46), frame)
	b.fill(straight(7, -10, -44, -40, -128), frame)
	b.fill(straight(7, 76, -46, 52, -134), frame)
	b.fill(straight(6, 52, -134, 44, -146, 64, -152), dark)
	b.fill(round(-58, -136, 38, 10, 5), dark)
	b.fill(circle(-10, -44, 11), dark)
	b.fill(straight(5, -10, -44, -2, -24), dark)
}

// cyclist rides to the right; the wheels stand on a point.
func (s *scene) cyclist(x, y, size float64, l look, frame ink) {
	c := s.at(x, y, size, size)
	leg := func(knee, foot point, i ink) {
		c.fill(straight(19, -36, -128, knee.x, knee.y, foot.x, foot.y), i)
		c.fill(round(foot.x-10, foot.y-4, 30, 12, 6), hex(0x3a3440))
	}
	leg(point{14, -104}, point{-18, -64}, l.legs.darker(0.2))
	c.shadow(0, 2, 110)
	c.bicycle(0, 0, 1, frame)
	leg(point{20, -96}, point{-2, -26}, l.legs)
	c.fill(blob(-50, -132, -36, -122, -14, -140, 22, -196, 18, -216, -4, -214, -40, -168), l.top)
	head := c.at(0, 0, 2.3, 2.3)
	head.backHair(point{9, -104}, 9.6, l)
	c.fill(straight(14, 12, -214, 18, -228), l.skin)
	head.head(point{9, -104}, 9.6, l, false)
	c.fill(bent(14, 10, -204, 26, -172, 52, -148), l.top.darker(0.12))
	c.fill(circle(54, -148, 8), l.skin)
}

// table is seen from the front; what stands on it stands at its y.
func (s *scene) table(x, y, w, h float64, cloth ink) {
	s.shadow(x+w/2, y+h, w*0.5)
	s.fill(rect(x+22, y, 14, h).with(rect(x+w-36, y, 14, h)), s.wood.darker(0.35))
	s.fill(polygon(x, y, x+w, y, x+w-6, y+h*0.42, x+6, y+h*0.42), cloth)
	s.fill(round(x-8, y-10, w+16, 18, 6), cloth.lighter(0.35))
}

// crate of fruit.
func (s *scene) crate(x, y, w float64, fruit ink) {
	for n := range 5 {
		s.fill(circle(x+w*(float64(n)+0.6)/5.2, y-w*0.42, w*0.115), fruit)
		s.veil(circle(x+w*(float64(n)+0.6)/5.2+3, y-w*0.45, w*0.04), hex(0xffffff), 0.35)
	}
	for n := range 4 {
		s.fill(circle(x+w*(float64(n)+1.1)/5.2, y-w*0.52, w*0.115), fruit.lighter(0.12))
	}
	s.fill(round(x, y-w*0.38, w, w*0.38, 4), s.wood)
	s.veil(rect(x, y-w*0.26, w, 5).with(rect(x, y-w*0.13, w, 5)), s.wood.darker(0.6), 0.4)
}

// pot with a plant.
func (s *scene) pot(x, y, size float64) {
	c := s.at(x, y, size, size)
	for _, l := range [][4]float64{{-34, -96, -16, -60}, {34, -100, 16, -60}, {-14, -124, -4, -70}, {16, -128, 5, -70}, {0, -110, 0, -60}} {
		c.fill(bent(15, 0, -44, l[2], l[3], l[0], l[1]), mix(s.leafDeep, s.leaf, s.between(0, 1)))
	}
	c.fill(polygon(-30, -50, 30, -50, 22, 0, -22, 0), s.brick)
	c.fill(round(-34, -58, 68, 14, 4), s.brick.lighter(0.2))
}

// lantern of a street.
func (s *scene) lantern(x, y, h float64) {
	dark := hex(0x4b4a58)
	s.fill(rect(x-5, y-h, 10, h).with(round(x-14, y-14, 28, 14, 5)), dark)
	s.fill(polygon(x-20, y-h, x-28, y-h-52, x+28, y-h-52, x+20, y-h), dark)
	s.lit(func() {
		i := hex(0xf5efdc)
		if s.dark() {
			i = hex(0xffe0a0)
			s.glow(x, y-h-26, 130, i, 0.45)
		}
		s.fill(polygon(x-15, y-h-4, x-21, y-h-46, x+21, y-h-46, x+15, y-h-4), i)
	})
	s.fill(polygon(x-34, y-h-50, x, y-h-76, x+34, y-h-50), dark)
}

// awning with stripes over a width.
func (s *scene) awning(x, y, w, h float64, i ink) {
	n := max(4, int(w/52))
	step := w / float64(n)
	for k := range n {
		left := x + float64(k)*step
		colour := i
		if k%2 == 1 {
			colour = s.cream
		}
		s.fill(polygon(left+10, y, left+step+10-20*float64(k+1)/float64(n)+0, y, left+step, y+h, left, y+h), colour)
		s.fill(ellipse(left+step/2, y+h, step/2, h*0.22), colour)
	}
	s.veil(rect(x, y+h-3, w, 3), hex(0x2b3350), 0.1)
}

// bench to sit on; its seat lies at y.
func (s *scene) bench(x, y, w float64) {
	s.shadow(x+w/2, y+62, w*0.55)
	dark := hex(0x4b4a58)
	s.fill(rect(x+14, y, 9, 62).with(rect(x+w-23, y, 9, 62)), dark)
	s.fill(round(x, y-66, w, 15, 5).with(round(x, y-38, w, 15, 5)), s.wood)
	s.fill(rect(x+20, y-66, 7, 70).with(rect(x+w-27, y-66, 7, 70)), dark)
	s.fill(round(x-6, y-6, w+12, 14, 5), s.wood.lighter(0.15))
}
