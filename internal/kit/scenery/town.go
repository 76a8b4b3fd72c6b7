package scenery

import "math"

// bakery: a shop on a corner, and who waits for bread.
func bakery(s *scene) {
	s.sky(640)
	s.street(700, -150, 240)
	s.street(700, 1330, 1720)
	wall := mix(s.cream, s.accent, 0.12)
	s.fill(rect(230, 120, 1100, 590), wall)
	s.fill(polygon(200, 130, 280, 20, 1280, 20, 1360, 130), s.brick.darker(0.1))
	for x := 290.0; x < 1300; x += 250 {
		s.window(x, 170, 110, 130)
	}
	// the shop window
	s.fill(round(290, 430, 620, 260, 8), s.deep)
	s.lit(func() { s.shade(rect(310, 450, 580, 220), hex(0xffe3b0), hex(0xf5c98a)) })
	for row := range 2 {
		y := 556 + float64(row)*106
		s.fill(rect(310, y, 580, 12), s.wood.darker(0.2))
		for n := range 6 {
			x := 360 + float64(n)*96
			s.bread(x, y, (n+row)%3)
		}
	}
	s.fill(round(970, 430, 250, 280, 8), s.deep)
	s.lit(func() { s.shade(rect(992, 452, 206, 258), hex(0xffdfa6), hex(0xe9b97c)) })
	baker := s.stranger()
	baker.top, baker.style = hex(0xfffaf0), peaked
	baker.legs = hex(0xfffaf0)
	s.at(1090, 0, -1, 1).person(716, 250, baker, holding)
	s.bread(1050, 626, 0)
	s.awning(260, 352, 1010, 78, s.accent)
	s.sign(1290, 330)
	s.shade(rect(0, 700, 1600, 200), s.path, s.path.darker(0.12))
	s.fill(rect(0, 700, 1600, 12), s.path.darker(0.2))
	s.at(900, 0, 1, 1).person(800, 300, s.stranger(), standing)
	s.at(760, 0, 1, 1).person(810, 290, s.stranger(), holding)
	s.at(680, 0, 1, 1).person(816, 190, s.kid(), walking)
	s.at(540, 0, 1, 1).person(812, 306, s.stranger(), standing)
	s.bench(270, 760, 190)
	s.at(340, 0, 1, 1).person(768, 280, s.stranger(), reading)
	s.pot(1260, 740, 1.1)
	s.shadow(1480, 832, 130)
	s.bicycle(1480, 830, 1.2, s.brick)
	s.tree(70, 800, 1.5)
}

// bread lies on a shelf: a loaf, rolls or a pretzel.
func (s *scene) bread(x, y float64, kind int) {
	crust := hex(0xb8713a)
	switch kind {
	case 0:
		s.fill(round(x-40, y-40, 80, 40, 22), crust)
		for k := range 3 {
			s.fill(straight(4, x-24+float64(k)*20, y-34, x-16+float64(k)*20, y-14), crust.lighter(0.5))
		}
	case 1:
		s.fill(circle(x-24, y-17, 18).with(circle(x+16, y-17, 18), circle(x-4, y-40, 18)), crust.lighter(0.2))
	default:
		s.fill(ring(x-15, y-26, 22, 10).with(ring(x+15, y-26, 22, 10)), crust.darker(0.15))
		s.fill(bent(10, x-20, y-8, x, y-2, x+20, y-8), crust.darker(0.15))
	}
}

// sign hangs beside a door.
func (s *scene) sign(x, y float64) {
	s.fill(rect(x-4, y-10, 120, 8), hex(0x4b4a58))
	s.fill(circle(x+76, y+66, 62), s.cream)
	s.fill(ring(x+76, y+66, 62, 8), s.accent)
	s.bread(x+76, y+94, 2)
	s.fill(rect(x+40, y-4, 4, 20).with(rect(x+108, y-4, 4, 20)), hex(0x4b4a58))
}

// bees: hives on a roof above the town.
func bees(s *scene) {
	s.sky(700)
	s.skyline(620, mix(s.far, s.skyLow, 0.45))
	s.skyline(700, mix(s.brick, s.skyLow, 0.35))
	s.fill(rect(0, 640, 1600, 30), s.cream.darker(0.12))
	s.shade(rect(0, 668, 1600, 232), mix(s.grass, s.cream, 0.25), s.grass)
	for x := 10.0; x < 1600; x += s.between(90, 190) {
		s.flowers(x, s.between(690, 712), 80, 4)
	}
	for n, x := range []float64{260, 560, 860} {
		i := []ink{s.accent, s.sun, s.brick}[n]
		s.shadow(x+90, 836, 120)
		for k := range 3 {
			s.fill(round(x, 740-float64(k)*84, 180, 80, 5), []ink{i, i.lighter(0.35), i.lighter(0.15)}[k])
			s.fill(round(x+66, 760-float64(k)*84, 48, 12, 6), i.darker(0.4))
		}
		s.fill(round(x-12, 552, 204, 22, 5), s.cream)
		s.fill(rect(x+12, 818, 20, 24).with(rect(x+148, 818, 20, 24)), s.wood.darker(0.3))
		s.fill(rect(x+40, 806, 100, 9), s.night)
	}
	for _, k := range []struct{ x, side, high float64 }{{1180, -1, 350}, {1400, -1, 330}} {
		l := s.stranger()
		l.top, l.legs, l.style = hex(0xfaf4e6), hex(0xf0e6d0), cropped
		s.at(k.x, 0, k.side, 1).person(850, k.high, l, holding)
		u := k.high / 100
		s.veil(round(k.x-13*u, 850-103*u, 26*u, 30*u, 10*u), s.night, 0.12)
		s.fill(ellipse(k.x, 850-101*u, 20*u, 4*u).with(round(k.x-10*u, 850-111*u, 20*u, 11*u, 5*u)), s.sun.lighter(0.3))
	}
	frame := s.at(1088, 640, 1, 1)
	frame.fill(rect(-70, -50, 120, 92), s.wood)
	frame.fill(rect(-60, -38, 100, 70), s.sun)
	for n := range 12 {
		frame.veil(circle(-50+float64(n%4)*27, -24+float64(n/4)*22, 9), s.sun.darker(0.5), 0.35)
	}
	for range 22 {
		s.bee(s.between(120, 1300), s.between(380, 690), s.between(0.7, 1.3))
	}
	s.tufts(26, 860, 900)
}

func (s *scene) bee(x, y, size float64) {
	c := s.at(x, y, size, size)
	c.veil(ellipse(-3, -10, 9, 7).with(ellipse(8, -10, 8, 6)), hex(0xffffff), 0.75)
	c.fill(ellipse(0, 0, 14, 9), s.sun)
	c.fill(rect(-4, -8, 4, 16).with(rect(4, -7, 4, 14)), s.night)
}

// cafe: tables below parasols, people who talk.
func cafe(s *scene) {
	s.sky(620)
	s.street(640, -100, 1680)
	s.shade(rect(0, 636, 1600, 264), s.path, s.path.darker(0.12))
	s.tree(30, 720, 1.5)
	s.tree(1580, 720, 1.4)
	for n, x := range []float64{330, 810, 1290} {
		i := []ink{s.accent, s.sun, s.brick}[n]
		y := 800 + float64(n%2)*40
		s.fill(rect(x-6, y-470, 12, 460), s.wood.darker(0.3))
		for k := range 6 {
			left := x - 230 + float64(k)*76.7
			colour := i
			if k%2 == 1 {
				colour = s.cream
			}
			s.fill(polygon(x, y-540, x+0.5, y-540, left+76.7, y-420, left, y-420), colour)
			s.fill(ellipse(left+38, y-420, 38.4, 15), colour)
		}
		s.chair(x-150, y)
		s.at(x-128, 0, 1, 1).person(y-56, 268, s.stranger(), sitting)
		s.at(x+150, 0, -1, 1).chair2(s, y)
		s.at(x+128, 0, -1, 1).person(y-56, 260, s.stranger(), sitting)
		s.shadow(x, y+22, 90)
		s.fill(rect(x-6, y-120, 12, 136).with(round(x-50, y+8, 100, 12, 6)), hex(0x4b4a58))
		s.fill(ellipse(x, y-124, 104, 17), s.cream)
		for _, cup := range []float64{-52, 40} {
			s.fill(ellipse(x+cup, y-128, 26, 6), s.pale)
			s.fill(polygon(x+cup-15, y-152, x+cup+15, y-152, x+cup+10, y-129, x+cup-10, y-129), i)
		}
		s.bubble(x-150, y-440+float64(n%2)*22, 1, s.cream, n)
		s.bubble(x+130, y-400-float64(n%2)*30, -1, i.lighter(0.55), n+1)
	}
	waiter := s.stranger()
	waiter.top = s.night.lighter(0.1)
	s.at(570, 0, 1, 1).person(770, 290, waiter,
		pose{left: point{-9, 27}, right: point{20, -4}, leftFoot: point{-11, 44}, rightFoot: point{10, 45}})
	s.fill(round(604, 528, 96, 10, 5), hex(0x76808c))
	s.fill(polygon(630, 504, 656, 504, 652, 528, 634, 528).with(polygon(664, 500, 684, 500, 682, 528, 666, 528)), s.cream)
}

func (s *scene) chair(x, y float64) { s.at(x, 0, 1, 1).chair2(s, y) }

func (c canvas) chair2(s *scene, y float64) {
	dark := s.wood.darker(0.35)
	c.fill(straight(9, -30, y-210, -18, y-60, -30, y+14), dark)
	c.fill(straight(9, 56, y-60, 64, y+14), dark)
	c.fill(round(-30, y-68, 98, 13, 6), s.wood)
	c.fill(straight(9, -30, y-200, -24, y-130), s.wood)
}

// bubble is what somebody says: lines, no letters.
func (s *scene) bubble(x, y, side float64, i ink, n int) {
	c := s.at(x, y, side, 1)
	c.fill(round(-20, -60, 150, 92, 30).with(polygon(10, 20, 44, 20, 4, 62)), i)
	ink := s.night.lighter(0.2)
	switch n % 3 {
	case 0:
		c.fill(circle(22, -14, 10).with(circle(56, -14, 10), circle(90, -14, 10)), ink)
	case 1:
		c.fill(round(14, -36, 86, 10, 5).with(round(14, -16, 64, 10, 5), round(14, 4, 76, 10, 5)), ink)
	default:
		c.fill(heart(56, -12, 27), s.brick)
	}
}

func heart(x, y, r float64) shape {
	var s shape
	s.moveTo(x, y+r)
	s.curveTo(x-r*0.9, y+r*0.35, x-r*1.25, y-r*0.25, x-r*0.95, y-r*0.62)
	s.curveTo(x-r*0.65, y-r, x-r*0.15, y-r*0.85, x, y-r*0.4)
	s.curveTo(x+r*0.15, y-r*0.85, x+r*0.65, y-r, x+r*0.95, y-r*0.62)
	s.curveTo(x+r*1.25, y-r*0.25, x+r*0.9, y+r*0.35, x, y+r)
	return s
}

// houses: where people live above each other, and who meets in the yard.
func houses(s *scene) {
	s.sky(640)
	s.skyline(560, mix(s.far, s.skyLow, 0.4))
	walls := []ink{s.rose.lighter(0.15), s.cream, s.accent.lighter(0.35), s.sun.lighter(0.3)}
	for n, x := range []float64{-30, 390, 810, 1230} {
		top := []float64{150, 90, 170, 110}[n]
		s.fill(rect(x, top, 412, 700-top), walls[n])
		s.fill(rect(x-8, top-18, 428, 26), walls[n].darker(0.3))
		for floor := range 4 {
			y := top + 40 + float64(floor)*132
			if y > 560 {
				break
			}
			for k := range 3 {
				wx := x + 42 + float64(k)*122
				s.window(wx, y, 76, 84)
				if (floor+k+n)%3 == 0 {
					s.balcony(wx-24, y+58, walls[(n+1)%4])
				}
			}
		}
		s.door(x+180, 700, walls[n].darker(0.5))
	}
	s.meadow(690)
	s.tree(90, 790, 1.5)
	s.tree(1500, 800, 1.6)
	s.table(560, 740, 460, 110, s.cream)
	for n := range 4 {
		s.at(600+float64(n)*124, 0, []float64{1, -1, 1, -1}[n], 1).person(772, s.between(236, 256), s.stranger(),
			[]pose{holding, pointing, waving, holding}[n])
	}
	s.table(560, 740, 460, 110, s.cream)
	s.dish(650, 734, 0)
	s.dish(790, 734, 2)
	s.dish(920, 734, 1)
	s.at(1190, 0, -1, 1).person(838, 270, s.stranger(), walking)
	s.at(1270, 0, -1, 1).person(846, 180, s.kid(), cheering)
	s.at(360, 0, 1, 1).person(850, 190, s.kid(), walking)
	s.lights(120, 430, 1480, 410, 26)
	s.tufts(30, 840, 900)
}

func (s *scene) balcony(x, y float64, i ink) {
	for n := range 4 {
		s.fill(circle(x+18+float64(n)*29, y-4, 14), mix(s.leafDeep, s.leaf, s.between(0, 1)))
		s.fill(circle(x+18+float64(n)*29, y-10, 6), one(s, s.brick, s.sun, s.rose))
	}
	s.fill(round(x, y, 124, 50, 3), i.darker(0.15))
	for k := range 7 {
		s.veil(rect(x+10+float64(k)*17, y+8, 4, 36), s.cream, 0.6)
	}
	s.fill(rect(x-5, y-3, 134, 9).with(rect(x-5, y+48, 134, 8)), i.darker(0.4))
}

// neighbours: a park in which people help each other along.
func neighbours(s *scene) {
	s.sky(520)
	s.hills(470)
	s.street(500, 320, 1250)
	s.meadow(490)
	s.fill(area(900, -20, 850, 400, 740, 900, 690, 1300, 640, 1620, 610), s.path)
	s.fill(area(900, -20, 1000, 400, 880, 900, 820, 1300, 740, 1620, 700), s.grass)
	s.tree(160, 620, 1.7)
	s.tree(1420, 590, 1.3)
	s.tree(1230, 560, 0.9)
	s.lantern(1040, 650, 260)
	s.bench(330, 690, 250)
	old := s.stranger()
	old.hair, old.style, old.child = hex(0xd8d3cc), bun, false
	s.at(410, 0, 1, 1).person(698, 290, old, sitting)
	s.at(510, 0, -1, 1).person(698, 286, s.stranger(), sitting)
	grey := s.stranger()
	grey.hair, grey.style = hex(0xcfcac4), cropped
	s.at(800, 0, 1, 1).person(800, 300, grey, walking)
	s.fill(straight(7, 836, 672, 862, 800), s.wood.darker(0.4))
	helper := s.stranger()
	helper.top = s.accent
	s.at(900, 0, -1, 1).person(806, 316, helper, walking)
	bag := s.at(960, 748, 1, 1)
	bag.fill(ring(0, -30, 20, 5), s.brick.darker(0.3))
	bag.fill(polygon(-28, -26, 28, -26, 34, 36, -34, 36), s.brick)
	bag.fill(heart(0, 4, 14), s.cream)
	bag.fill(bent(9, -14, -26, -16, -48, -22, -60).with(bent(9, 2, -26, 4, -54, 0, -66)), s.leafDeep)
	s.dog(1180, 790)
	s.at(1270, 0, -1, 1).person(780, 190, s.kid(), pointing)
	s.flowers(60, 880, 420, 12)
	s.flowers(1250, 884, 330, 9)
	s.tufts(30, 820, 900)
}

func (s *scene) dog(x, y float64) {
	fur := hex(0xa8754a)
	s.shadow(x, y, 60)
	for _, leg := range []float64{-36, -22, 26, 40} {
		s.fill(straight(10, x+leg, y-34, x+leg, y-4), fur.darker(0.15))
	}
	s.fill(blob(x-50, y-50, x, y-66, x+48, y-56, x+50, y-34, x, y-26, x-48, y-32), fur)
	s.fill(bent(9, x+46, y-50, x+66, y-70, x+64, y-90), fur)
	s.fill(circle(x-54, y-72, 24), fur)
	s.fill(ellipse(x-76, y-64, 16, 11), fur.lighter(0.3))
	s.fill(ellipse(x-44, y-72, 9, 18), fur.darker(0.35))
	s.fill(circle(x-62, y-78, 3.4).with(circle(x-90, y-67, 4.4)), s.night)
}

// rooftops: antennas that talk to each other above the town.
func rooftops(s *scene) {
	s.sky(900)
	s.skyline(640, mix(s.far, s.skyLow, 0.4))
	s.skyline(740, mix(s.night, s.accent, 0.45).lighter(0.2))
	roof := func(x, y, w float64, i ink) {
		s.fill(polygon(x, y, x+w/2, y-w*0.34, x+w, y, x+w-30, y+10, x+w-30, 900, x+30, 900, x+30, y+10), i)
		s.fill(polygon(x, y, x+w/2, y-w*0.34, x+w, y, x+w-24, y+22, x+w/2, y-w*0.34+34, x+24, y+22), i.darker(0.35))
		for k := range 3 {
			s.window(x+w*0.22+float64(k)*w*0.22, y+60, 60, 74)
		}
	}
	s.fill(rect(0, 776, 1600, 124), mix(s.night, s.accent, 0.45).lighter(0.2))
	roof(-80, 690, 520, s.rose)
	roof(1180, 660, 540, s.sun.lighter(0.2))
	roof(420, 760, 760, s.accent.lighter(0.25))
	for _, a := range [][3]float64{{180, 520, 1}, {800, 505, 1.25}, {1450, 480, 1}} {
		s.antenna(a[0], a[1], a[2])
	}
	for _, l := range [][4]float64{{190, 410, 786, 376}, {816, 376, 1438, 372}} {
		for k := range 16 {
			t := (float64(k) + 0.5) / 16
			x, y := l[0]+(l[2]-l[0])*t, l[1]+(l[3]-l[1])*t-math.Sin(t*math.Pi)*90
			s.lit(func() { s.veil(circle(x, y, 6), hex(0xffe9b8), 0.9) })
		}
	}
	s.fill(rect(590, 700, 120, 12), s.wood)
	s.at(650, 0, 1, 1).person(704, 190, s.stranger(), pointing)
	s.at(980, 0, -1, 1).person(660, 190, s.stranger(), waving)
	cat := s.at(1300, 606, 1, 1)
	cat.fill(blob(-30, 0, -20, -40, 4, -50, 22, -20, 26, 0).with(circle(-16, -58, 20)), s.night)
	cat.fill(polygon(-34, -66, -30, -92, -16, -76, -4, -92, 2, -66), s.night)
	cat.fill(bent(9, 20, -6, 50, -10, 54, -40), s.night)
}

func (s *scene) antenna(x, y, size float64) {
	c := s.at(x, y, size, size)
	dark := hex(0x3c4052)
	c.fill(rect(-5, -110, 10, 130), dark)
	c.fill(round(-14, -132, 28, 40, 8), s.cream)
	s.lit(func() {
		for k := range 3 {
			r := 44 + float64(k)*30
			for _, side := range []float64{0, math.Pi} {
				line := []point{}
				for n := range 9 {
					sin, cos := math.Sincos(side - 0.6 + 1.2*float64(n)/8)
					line = append(line, point{r * cos, -112 + r*sin})
				}
				c.veil(stroke(7, line), hex(0xfff0c8), 0.8-float64(k)*0.2)
			}
		}
		s.fill(circle(x, y-120*size, 6*size), s.brick)
	})
}

// skatepark: ramps for everybody who rolls.
func skatepark(s *scene) {
	s.sky(560)
	s.skyline(500, mix(s.far, s.skyLow, 0.3))
	s.street(540, -80, 1660)
	s.tree(560, 580, 0.9)
	s.tree(1000, 580, 0.8)
	concrete := hex(0xd2cdc6)
	s.shade(rect(0, 560, 1600, 340), concrete, concrete.darker(0.12))
	s.fill(polygon(-20, 430, 180, 430, 200, 560, 280, 680, 420, 760, 620, 790, -20, 790), concrete.darker(0.22))
	s.fill(bent(10, 180, 430, 204, 560, 284, 680, 424, 760, 620, 790), s.accent)
	s.fill(polygon(1620, 420, 1420, 420, 1400, 550, 1320, 670, 1180, 756, 980, 790, 1620, 790), concrete.darker(0.22))
	s.fill(bent(10, 1420, 420, 1396, 550, 1316, 670, 1176, 756, 980, 790), s.accent)
	for n, stripe := range []ink{s.accent, s.sun, s.brick} {
		x := float64(n) * 52
		s.veil(polygon(0, 620+x, 150, 480+x, 150, 520+x, 0, 660+x), stripe, 0.8)
		s.veil(polygon(1600, 620+x, 1450, 480+x, 1450, 520+x, 1600, 660+x), stripe, 0.8)
	}
	s.skater(450, 560, -0.35, 1, s.brick)
	s.skater(830, 800, 0, 1.25, s.accent)
	s.skater(1200, 570, 0.3, 1, s.sun)
	s.at(90, 0, 1, 1).person(434, 190, s.stranger(), cheering)
	s.at(1500, 0, -1, 1).person(424, 190, s.stranger(), sitting)
	s.at(1560, 0, -1, 1).person(424, 186, s.kid(), waving)
	s.fill(round(600, 842, 520, 14, 7), s.brick)
	s.fill(rect(630, 852, 12, 40).with(rect(1080, 852, 12, 40)), hex(0x4b4a58))
}

// skater rides a board; lean tilts it.
func (s *scene) skater(x, y, lean, size float64, board ink) {
	c := s.at(x, y, size, size)
	l := s.stranger()
	l.style = one(s, peaked, peaked, curly, long, scarf)
	s.shadow(x, 812, 90)
	dx, dy := 74.0, 74*lean
	c.person(-8, 250, l, pose{left: point{-19, 4}, right: point{20, -4}, leftFoot: point{-13, 42}, rightFoot: point{13, 42}, lean: lean * 24})
	c.fill(straight(13, -dx-14, -12-dy-8, -dx, -4-dy, dx, -4+dy, dx+14, -12+dy-8), board)
	c.fill(circle(-dx+18, 8-dy*0.8, 11).with(circle(dx-18, 8+dy*0.8, 11)), s.cream)
}
