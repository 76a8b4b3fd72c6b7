package scenery

// allotments: beds in rows, a shed, people who dig and water.
func allotments(s *scene) {
	s.sky(520)
	s.hills(470)
	s.meadow(450)
	for n, x := range []float64{90, 260, 1230, 1400, 1540} {
		s.tree(x, 500+s.between(-12, 14), []float64{0.9, 0.65, 0.75, 0.95, 0.7}[n])
	}
	// the shed
	s.shadow(500, 536, 150)
	s.fill(rect(390, 370, 220, 164), s.wood)
	for x := 410.0; x < 610; x += 27 {
		s.veil(rect(x, 370, 3, 164), s.wood.darker(0.6), 0.35)
	}
	s.fill(polygon(366, 380, 420, 290, 590, 290, 636, 380), s.deep.lighter(0.1))
	s.fill(rect(530, 420, 56, 114), s.accent)
	s.window(424, 416, 62, 50)
	s.fill(straight(8, 366, 530, 346, 400), s.wood.darker(0.3))
	s.bush(690, 526, 1)
	s.bush(1130, 530, 1.1)
	// beds, larger towards the front
	for row := range 3 {
		y := 600 + float64(row)*112
		wide := 900 + float64(row)*330
		left := 830 - wide/2
		s.fill(polygon(left+24, y-34, left+wide-24, y-34, left+wide, y+22, left, y+22), s.wood.darker(0.15))
		s.fill(polygon(left+34, y-30, left+wide-34, y-30, left+wide-16, y+10, left+16, y+10), hex(0x7d5a44))
		s.plants(left+60, y, wide-120, row)
	}
	s.at(640, 0, 1, 1).person(668, 250, s.stranger(),
		pose{left: point{16, 14}, right: point{22, 12}, leftFoot: point{-5, 45}, rightFoot: point{6, 45}})
	can := s.at(716, 590, 1, 1)
	can.fill(polygon(-20, -16, 24, -16, 28, 26, -24, 26), s.accent)
	can.fill(straight(7, 26, 16, 58, -10), s.accent)
	can.fill(ring(-26, 2, 18, 6), s.accent.darker(0.2))
	for n := range 5 {
		x := 62 + float64(n)*7
		can.veil(straight(2.5, x, -6, x+10+float64(n)*5, 56), hex(0xffffff), 0.55)
	}
	s.at(1180, 0, -1, 1).person(778, 262, s.stranger(), bending)
	s.at(320, 0, 1, 1).person(826, 190, s.kid(), cheering)
	s.tufts(34, 840, 898)
}

// plants stand in a bed: cabbages, beans on poles or flowers.
func (s *scene) plants(x, y, wide float64, row int) {
	n := int(wide / 76)
	for k := range n {
		px := x + wide*(float64(k)+0.5)/float64(n)
		switch (k/3 + row) % 3 {
		case 0:
			leaf := mix(s.leaf, hex(0x8fb58a), 0.5)
			s.fill(circle(px, y-26, 28).with(circle(px-20, y-14, 20), circle(px+20, y-14, 20)), leaf)
			s.veil(circle(px+4, y-28, 15), leaf.lighter(0.4), 0.6)
		case 1:
			s.fill(straight(5, px, y, px+4, y-104), s.wood.darker(0.2))
			for h := 14.0; h < 96; h += 22 {
				s.fill(ellipse(px-10, y-h, 15, 9).with(ellipse(px+15, y-h-9, 15, 9)), mix(s.leafDeep, s.leaf, s.between(0, 0.7)))
			}
			s.fill(circle(px+12, y-s.between(28, 80), 8), s.brick)
		default:
			s.flowers(px-32, y, 64, 3)
		}
	}
}

// bicycles: a street in which bicycles have room.
func bicycles(s *scene) {
	s.sky(560)
	s.skyline(470, mix(s.far, s.skyLow, 0.35))
	s.street(600, -60, 1640)
	for x := 120.0; x < 1700; x += 470 {
		s.tree(x+s.between(-30, 30), 640, 0.95)
	}
	s.fill(rect(0, 600, 1600, 60), s.path)
	s.fill(rect(0, 652, 1600, 10), s.path.darker(0.2))
	s.shade(rect(0, 660, 1600, 240), s.accent.lighter(0.25), s.accent.lighter(0.1))
	for x := -40.0; x < 1600; x += 220 {
		s.veil(polygon(x+20, 770, x+140, 770, x+130, 784, x+10, 784), s.cream, 0.9)
	}
	s.at(880, 0, 1, 1).person(640, 170, s.stranger(), waving)
	s.at(960, 0, -1, 1).person(640, 120, s.kid(), standing)
	s.lantern(1220, 648, 230)
	s.cyclist(300, 752, 1.02, s.stranger(), s.brick)
	s.cyclist(760, 868, 1.3, s.stranger(), s.sun)
	s.cyclist(1300, 776, 1.05, s.stranger(), s.cream)
}

// bridge: an old bridge over the river.
func bridge(s *scene) {
	s.sky(520)
	s.hills(430)
	s.skyline(468, mix(s.brick, s.skyLow, 0.5))
	s.street(520, -140, 380)
	s.street(520, 1230, 1700)
	s.shade(rect(0, 516, 1600, 384), s.water.lighter(0.25), s.water.darker(0.2))
	for range 30 {
		x, y := s.between(0, 1600), s.between(560, 890)
		s.veil(round(x, y, s.between(60, 190), 5, 2), s.skyLow, 0.4)
	}
	stone := hex(0xd3bd9c)
	deck := area(540, -20, 494, 300, 470, 800, 402, 1300, 470, 1620, 494)
	s.fill(deck.with(rect(0, 500, 1600, 90)), stone)
	for _, a := range [][3]float64{{300, 150, 112}, {800, 210, 152}, {1300, 150, 112}} {
		arch := s.at(0, 0, 1, 1)
		arch.shade(area(604, a[0]-a[1], 604, a[0]-a[1]*0.8, 604-a[2]*0.66, a[0], 604-a[2], a[0]+a[1]*0.8, 604-a[2]*0.66, a[0]+a[1], 604),
			mix(s.water, s.skyLow, 0.6), s.water.lighter(0.1))
		arch.veil(ellipse(a[0], 606, a[1], a[2]*0.4), s.water.darker(0.5), 0.3)
	}
	s.veil(rect(0, 586, 1600, 8), hex(0x2b3350), 0.14)
	s.fill(bent(16, -20, 478, 300, 454, 800, 386, 1300, 454, 1620, 478), stone.lighter(0.35))
	figures := []struct{ x, y float64 }{{420, 436}, {640, 398}, {712, 392}, {990, 404}, {1150, 432}}
	for n, f := range figures {
		side := 1.0
		if n%2 == 1 {
			side = -1
		}
		s.at(f.x, 0, side, 1).person(f.y+8, 118, s.stranger(), []pose{walking, standing, waving, walking, standing}[n])
	}
	s.fill(bent(10, -20, 498, 300, 474, 800, 406, 1300, 474, 1620, 498), stone.darker(0.12))
	s.boat(560, 760, 1.25, s.accent)
	s.boat(1180, 700, 0.85, s.brick)
	for _, d := range [][2]float64{{960, 830}, {1030, 850}, {300, 690}} {
		s.duck(d[0], d[1])
	}
	for x := 0.0; x < 1600; x += s.between(20, 60) {
		if x < 340 || x > 1330 {
			s.fill(bent(6, x, 905, x+6, 850, x+s.between(-16, 26), s.between(770, 830)), mix(s.leafDeep, s.leaf, s.between(0, 1)))
		}
	}
}

// boat is rowed by two.
func (s *scene) boat(x, y, size float64, i ink) {
	c := s.at(x, y, size, size)
	c.veil(ellipse(0, 14, 150, 12), hex(0x2b3350), 0.16)
	c.at(-46, 0, 1, 1).person(2, 116, s.stranger(), sitting)
	c.at(54, 0, -1, 1).person(2, 110, s.stranger(), sitting)
	c.fill(straight(5, -18, -24, 92, 20), s.wood)
	c.fill(area(0, -140, -34, -110, -12, 0, -4, 110, -12, 140, -34).with(polygon(-140, -34, 140, -34, 100, 14, -100, 14)), i)
	c.fill(polygon(-144, -38, 144, -38, 138, -26, -138, -26), i.lighter(0.4))
}

func (s *scene) duck(x, y float64) {
	c := s.at(x, y, 0.9, 0.9)
	c.veil(ellipse(4, 2, 44, 6), hex(0xffffff), 0.4)
	c.fill(blob(-34, -14, -10, -16, 20, -18, 34, -8, 14, 2, -16, 2), hex(0x8a6a4f))
	c.fill(circle(26, -28, 13), s.leafDeep)
	c.fill(polygon(36, -30, 54, -24, 37, -20), s.sun)
}

// lake: a summer's day at the water, mountains behind it.
func lake(s *scene) {
	s.sky(470)
	far := mix(s.far, hex(0x6d84a8), 0.45)
	peak := func(x, y, w float64, i ink) {
		s.fill(polygon(x-w, 470, x-w*0.3, y+60, x, y, x+w*0.42, y+90, x+w, 470), i)
		s.veil(polygon(x, y, x+w*0.42, y+90, x+w, 470, x+w*0.1, 470, x-w*0.08, y+130), i.darker(0.4), 0.2)
		s.veil(polygon(x-w*0.16, y+32, x, y, x+w*0.2, y+44, x+w*0.06, y+38, x-w*0.03, y+62), hex(0xffffff), 0.85)
	}
	peak(260, 190, 360, mix(far, s.skyLow, 0.35))
	peak(1260, 160, 420, mix(far, s.skyLow, 0.3))
	peak(760, 240, 380, far)
	s.fill(area(900, -20, 440, 300, 410, 700, 440, 1100, 416, 1620, 436), s.leafDeep.lighter(0.15))
	for x := 20.0; x < 1600; x += s.between(60, 150) {
		s.conifer(x, 462, s.between(0.3, 0.55))
	}
	s.shade(rect(0, 462, 1600, 440), mix(s.water, s.skyLow, 0.5), s.water.darker(0.12))
	for range 40 {
		y := s.between(475, 780)
		s.veil(round(s.between(0, 1600), y, s.between(50, 60+(y-460)*0.6), 4+(y-460)/70, 3), s.skyLow, 0.35)
	}
	for n, b := range [][3]float64{{420, 560, 0.9}, {1010, 530, 0.6}, {1290, 600, 1.05}} {
		s.sail(b[0], b[1], b[2], []ink{s.accent, s.cream, s.brick}[n])
	}
	for _, at := range [][2]float64{{640, 690}, {760, 660}} {
		l := s.stranger()
		s.at(at[0], at[1], 2.2, 2.2).head(point{0, -8}, 9, l, false)
		s.veil(ellipse(at[0], at[1]+2, 52, 8), hex(0xffffff), 0.5)
	}
	s.fill(area(900, -20, 806, 300, 770, 640, 818, 1000, 852, 1620, 800), s.ground.lighter(0.25))
	// the jetty
	for _, x := range []float64{880, 1010, 1140, 1270} {
		s.fill(rect(x, 700, 16, 116), s.wood.darker(0.4))
	}
	s.fill(polygon(1400, 800, 1600, 800, 1600, 740, 840, 690, 840, 716), s.wood.darker(0.15))
	s.fill(polygon(840, 690, 1600, 726, 1600, 756, 840, 704), s.wood.lighter(0.2))
	s.at(905, 0, -1, 1).person(692, 190, s.kid(), cheering)
	s.at(1130, 0, -1, 1).person(706, 236, s.stranger(), sitting)
	s.at(1210, 0, -1, 1).person(712, 230, s.stranger(), sitting)
	// a blanket
	s.fill(polygon(210, 842, 470, 842, 520, 890, 170, 890), s.rose)
	s.fill(polygon(210, 842, 470, 842, 480, 852, 202, 852), s.cream)
	s.at(290, 0, 1, 1).person(872, 260, s.stranger(), reading)
	s.at(424, 0, 1, 1).person(876, 180, s.kid(), sitting)
	s.tufts(26, 830, 900)
}

func (s *scene) sail(x, y, size float64, i ink) {
	c := s.at(x, y, size, size)
	c.veil(ellipse(0, 34, 90, 8), i, 0.3)
	c.fill(straight(5, 0, 0, 0, -190), s.wood.darker(0.3))
	c.fill(polygon(8, -186, 8, -18, 96, -18), i)
	c.fill(polygon(-8, -170, -8, -18, -66, -18), i.lighter(0.55))
	c.fill(polygon(-90, 0, 104, 0, 76, 30, -66, 30), s.cream)
	c.fill(polygon(-90, 0, 104, 0, 98, 8, -84, 8), s.deep)
}

// market: stalls on the square.
func market(s *scene) {
	s.sky(560)
	s.skyline(480, mix(s.far, s.rose, 0.25))
	s.street(560, -90, 1660)
	s.shade(rect(0, 556, 1600, 344), s.path, s.path.darker(0.1))
	for row := range 6 {
		y := 590 + float64(row*row)*9 + float64(row)*14
		for x := float64(row%2)*50 - 60; x < 1600; x += 130 {
			s.veil(round(x, y, 90, 5, 2), s.path.darker(0.4), 0.16)
		}
	}
	fruit := []ink{s.brick, s.sun, s.leaf, s.rose, hex(0x7a5a8a)}
	for n, x := range []float64{60, 590, 1120} {
		i := []ink{s.accent, s.brick, s.deep.lighter(0.2)}[n]
		s.shadow(x+210, 770, 250)
		s.fill(rect(x+10, 430, 12, 340).with(rect(x+398, 430, 12, 340)), s.wood.darker(0.35))
		s.at(x+150+float64(n)*40, 0, 1, 1).person(740, 260, s.stranger(), []pose{waving, holding, pointing}[n])
		s.fill(rect(x, 640, 420, 130), s.wood)
		s.veil(rect(x, 690, 420, 5), s.wood.darker(0.6), 0.4)
		for k := range 4 {
			s.crate(x+10+float64(k)*102, 652, 94, fruit[(k+n)%len(fruit)])
		}
		s.awning(x-24, 400, 468, 64, i)
	}
	s.at(470, 0, -1, 1).person(842, 276, s.stranger(), holding)
	s.at(552, 0, -1, 1).person(850, 176, s.kid(), pointing)
	s.at(1010, 0, 1, 1).person(846, 280, s.stranger(), standing)
	basket := s.at(1044, 790, 1, 1)
	basket.fill(ring(0, -14, 30, 6), s.wood.darker(0.3))
	basket.fill(polygon(-36, -12, 36, -12, 26, 30, -26, 30), s.wood)
	basket.fill(circle(-14, -16, 13).with(circle(10, -18, 14)), s.leaf)
	s.at(1440, 0, -1, 1).person(856, 270, s.stranger(), walking)
	s.bunting(-20, 250, 820, 240, 40)
	s.bunting(800, 240, 1620, 250, 44)
}

// playground: a slide and swings below trees.
func playground(s *scene) {
	s.sky(540)
	s.hills(480)
	s.street(500, 60, 700)
	s.meadow(486)
	for n, x := range []float64{70, 860, 1010, 1520} {
		s.tree(x, 560+float64(n%2)*10, []float64{1.1, 0.8, 0.7, 1.25}[n])
	}
	s.fill(ellipse(780, 770, 720, 110), s.ground.lighter(0.3))
	// swings
	for _, x := range []float64{170, 560} {
		s.fill(straight(13, x-46, 770, x, 470, x+46, 770), s.accent)
	}
	s.fill(straight(13, 170, 472, 560, 472), s.accent)
	s.swing(290, 472, -46)
	s.swing(440, 472, 70)
	// the slide
	s.fill(rect(960, 520, 14, 260).with(rect(1070, 520, 14, 260)), s.wood.darker(0.2))
	for y := 570.0; y < 770; y += 44 {
		s.fill(rect(964, y, 112, 9), s.wood)
	}
	s.fill(polygon(930, 500, 1022, 410, 1114, 500), s.brick)
	s.fill(rect(954, 600, 136, 14), s.wood.lighter(0.2))
	s.at(1020, 0, 1, 1).person(602, 118, s.kid(), waving)
	s.fill(bent(34, 1080, 610, 1170, 640, 1270, 740, 1390, 772), s.sun)
	s.fill(bent(8, 1086, 590, 1178, 618, 1280, 720, 1400, 752), s.sun.darker(0.2))
	s.at(1240, 0, 1, 1).person(730, 120, s.kid(), sitting)
	// a sandpit
	s.fill(ellipse(760, 820, 150, 40), s.wood)
	s.fill(ellipse(760, 816, 136, 32), hex(0xf0d9a6))
	s.fill(polygon(800, 812, 820, 776, 858, 776, 876, 812), hex(0xe5c98d))
	s.at(708, 0, 1, 1).person(826, 130, s.kid(), sitting)
	s.bench(1400, 600, 170)
	s.at(1440, 0, 1, 1).person(612, 210, s.stranger(), reading)
	s.at(1510, 0, 1, 1).person(612, 205, s.stranger(), sitting)
	s.at(620, 0, -1, 1).person(780, 240, s.stranger(),
		pose{left: point{8, 10}, right: point{16, 8}, leftFoot: point{-5, 45}, rightFoot: point{7, 45}})
	s.tufts(36, 850, 900)
}

func (s *scene) swing(x, y, off float64) {
	down := y + 200 - off*off/70
	s.fill(straight(4, x-16, y, x-16+off, down).with(straight(4, x+16, y, x+16+off, down)), hex(0x5b5560))
	side := 1.0
	if off < 0 {
		side = -1
	}
	s.at(x+off, 0, side, 1).person(down+10, 128, s.kid(), sitting)
	s.fill(round(x-24+off, down, 48, 8, 4), s.wood)
}

// party: a long table in the street.
func party(s *scene) {
	s.sky(600)
	s.street(620, -70, 1660)
	s.shade(rect(0, 616, 1600, 284), s.path, s.path.darker(0.12))
	s.tree(40, 690, 1.2)
	s.tree(1560, 690, 1.25)
	s.bunting(-20, 210, 800, 190, 44)
	s.bunting(780, 190, 1620, 216, 44)
	s.lights(60, 330, 820, 300, 34)
	s.lights(800, 300, 1560, 330, 34)
	poses := []pose{waving, holding, cheering, holding, pointing, waving, holding}
	for n := range 7 {
		side := 1.0
		if n%2 == 1 {
			side = -1
		}
		s.at(300+float64(n)*166, 0, side, 1).person(770, s.between(238, 268), s.stranger(), poses[n])
	}
	s.table(170, 690, 1270, 120, s.cream)
	for n, x := 0, 230.0; x < 1400; n, x = n+1, x+106 {
		s.dish(x, 684, n)
	}
	s.at(250, 0, 1, 1).person(872, 190, s.kid(), cheering)
	s.at(400, 0, -1, 1).person(880, 180, s.kid(), walking)
	s.at(1330, 0, -1, 1).person(884, 290, s.stranger(), walking)
}

// dish stands on a table: a cake, a bowl, bottles or bread.
func (s *scene) dish(x, y float64, n int) {
	c := s.at(x, y, 1, 1)
	switch n % 4 {
	case 0:
		c.fill(ellipse(0, -2, 44, 7), s.pale)
		c.fill(round(-34, -38, 68, 36, 6), s.rose)
		c.fill(round(-34, -42, 68, 14, 7), s.cream.lighter(0.5))
		c.fill(circle(-18, -46, 6).with(circle(0, -48, 6), circle(18, -46, 6)), s.brick)
	case 1:
		c.fill(circle(-14, -30, 14).with(circle(12, -32, 15)), s.leaf)
		c.fill(circle(0, -36, 10), s.brick)
		c.fill(area(-28, -38, -28, 0, -28, 38, -28).with(polygon(-38, -28, 38, -28, 20, 0, -20, 0)), s.accent)
	case 2:
		for k, i := range []ink{s.leafDeep, s.sun} {
			b := c.at(float64(k)*30-14, 0, 1, 1)
			b.fill(round(-10, -52, 20, 52, 6).with(rect(-4, -74, 8, 26)), i)
		}
	default:
		c.fill(ellipse(0, -14, 44, 17), s.wood.lighter(0.1))
		for k := range 3 {
			c.veil(straight(4, float64(k)*22-26, -24, float64(k)*22-14, -12), s.cream, 0.8)
		}
	}
}
