package scenery

import "math"

// room is a wall and a floor, with a line between them.
func (s *scene) room(wall, floor ink, line float64) {
	if s.dark() { // the lamps are on
		s.light = func(i ink) ink { return mix(i, hex(0xd98f4f), 0.14) }
	}
	s.shade(rect(0, 0, 1600, line), wall.lighter(0.12), wall)
	s.shade(rect(0, line, 1600, 900-line), floor, floor.darker(0.12))
	s.fill(rect(0, line-16, 1600, 18), wall.lighter(0.45))
	for n := range 12 {
		x := float64(n)*200 - 300
		s.veil(polygon(x, line+2, x+4, line+2, 800+(x-800)*1.6+6, 900, 800+(x-800)*1.6, 900), floor.darker(0.5), 0.12)
	}
}

// view is a large window with what lies outside.
func (s *scene) view(x, y, w, h float64) {
	s.fill(round(x-16, y-16, w+32, h+32, 8), s.cream)
	s.lit(func() {
		s.shade(rect(x, y, w, h), s.skyTop, s.skyLow)
		if s.hour == Night {
			s.fill(circle(x+w*0.7, y+h*0.25, 24), hex(0xfbeecb))
		}
	})
	s.fill(area(y+h, x, y+h*0.86, x+w*0.12, y+h*0.66, x+w*0.26, y+h*0.74, x+w*0.38, y+h*0.68, x+w*0.52, y+h*0.88, x+w, y+h*0.9),
		mix(s.leaf, s.skyLow, 0.3))
	s.fill(rect(x+w*0.62, y+h*0.5, w*0.26, h*0.5), mix(s.rose, s.skyLow, 0.25))
	s.fill(polygon(x+w*0.58, y+h*0.52, x+w*0.75, y+h*0.34, x+w*0.92, y+h*0.52), mix(s.brick, s.skyLow, 0.25))
	s.fill(rect(x+w/2-5, y, 10, h).with(rect(x, y+h*0.44-4, w, 8)), s.cream)
	s.fill(round(x-30, y+h+10, w+60, 18, 5), s.cream.darker(0.08))
}

// lamp hangs from the ceiling.
func (s *scene) lamp(x, y float64, i ink) {
	s.fill(rect(x-2, 0, 4, y-44), hex(0x4b4a58))
	s.lit(func() { s.glow(x, y+20, 210, hex(0xffe6b0), 0.4) })
	s.fill(polygon(x-22, y-50, x+22, y-50, x+58, y, x-58, y), i)
	s.lit(func() { s.fill(ellipse(x, y, 56, 9), hex(0xfff0c8)) })
}

// choir: people who sing, and somebody who conducts.
func choir(s *scene) {
	s.room(mix(s.pale, s.accent, 0.2), s.wood.lighter(0.2), 600)
	for n, x := range []float64{130, 620, 1110} {
		s.arched(x, 90, 360, 390, n)
	}
	s.lamp(560, 130, s.deep)
	s.lamp(1060, 130, s.deep)
	// Two steps, and people on them.
	s.fill(rect(240, 590, 1120, 60), s.wood.darker(0.2))
	s.fill(rect(180, 650, 1240, 70), s.wood.darker(0.05))
	s.fill(rect(180, 650, 1240, 9).with(rect(240, 590, 1120, 9)), s.wood.lighter(0.25))
	tops := []ink{s.accent, s.cream, s.deep, s.rose, s.brick, s.sun}
	for row := range 2 {
		n := 8 - row
		for k := range n {
			l := s.stranger()
			l.top = tops[(k+row*2)%len(tops)]
			x := 800 + (float64(k)-float64(n-1)/2)*132
			y := 604 + float64(row)*64
			p := pose{left: point{7, 14}, right: point{5, 13}, leftFoot: point{-4, 45}, rightFoot: point{4, 45}}
			high := s.between(252, 284)
			s.at(x, 0, 1, 1).person(y, high, l, p)
			s.singing(x, y, high, l)
		}
	}
	// the conductor
	s.fill(round(700, 838, 200, 60, 8), s.brick)
	conductor := s.stranger()
	conductor.top = s.night.lighter(0.1)
	s.at(800, 0, 1, 1).person(850, 300, conductor,
		pose{left: point{-20, -12}, right: point{21, -17}, leftFoot: point{-5, 45}, rightFoot: point{5, 45}, back: true})
	for _, n := range [][3]float64{{330, 250, 1}, {1260, 210, 1.2}, {470, 150, 0.8}, {1140, 300, 0.8}} {
		s.note(n[0], n[1], n[2], one(s, s.accent, s.brick, s.deep))
	}
}

// arched is a window of a hall.
func (s *scene) arched(x, y, w, h float64, n int) {
	frame := area(y+h, x, y+h, x+4, y+w*0.35, x+w/2, y, x+w-4, y+w*0.35, x+w, y+h)
	s.fill(frame, s.cream)
	s.lit(func() {
		s.shade(area(y+h-14, x+16, y+h-14, x+20, y+w*0.36, x+w/2, y+16, x+w-20, y+w*0.36, x+w-16, y+h-14), s.skyTop, s.skyLow)
	})
	s.fill(circle(x+w*0.3, y+h-54, 56).with(circle(x+w*0.6, y+h-46, 46), rect(x+17, y+h-50, w-34, 36)),
		mix(s.leaf, s.skyLow, 0.35+float64(n)*0.05))
	s.fill(rect(x+w/2-5, y+6, 10, h-6).with(rect(x+8, y+h*0.42, w-16, 9)), s.cream)
}

// singing gives a figure an open mouth and a sheet of music.
func (s *scene) singing(x, y, high float64, l look) {
	unit := high / 100
	s.fill(ellipse(x+2*unit, y-84.4*unit, 1.7*unit, 2.3*unit), mix(l.skin, hex(0x6a1f1a), 0.75))
	s.fill(polygon(x-9*unit, y-62*unit, x+1*unit, y-60*unit, x+11*unit, y-62*unit, x+11*unit, y-49*unit, x+1*unit, y-47*unit,
		x-9*unit, y-49*unit), hex(0xfffaf0))
	s.veil(rect(x+0.6*unit, y-60*unit, 0.8*unit, 13*unit), hex(0x2b3350), 0.25)
}

func (s *scene) note(x, y, size float64, i ink) {
	c := s.at(x, y, size, size)
	c.veil(ellipse(0, 0, 19, 14).with(ellipse(72, -12, 19, 14), polygon(11, -96, 19, -98, 19, 0, 11, 0),
		polygon(83, -110, 91, -112, 91, -12, 83, -12), polygon(11, -98, 91, -114, 91, -90, 11, -74)), i, 0.8)
}

// theatre: a stage before people.
func theatre(s *scene) {
	s.room(s.night, s.wood.darker(0.35), 640)
	s.lit(func() { s.shade(rect(180, 90, 1240, 560), mix(s.night, s.accent, 0.55), mix(s.rose, s.sun, 0.4)) })
	s.lit(func() { s.fill(circle(1080, 290, 92), hex(0xfbe3b0)) })
	for n, x := range []float64{300, 480, 640, 1190, 1330} {
		high := []float64{210, 280, 180, 240, 170}[n]
		s.fill(rect(x-70, 640-high, 132, high+10), mix(s.night, s.accent, 0.3))
		s.fill(polygon(x-84, 642-high, x-4, 570-high, x+76, 642-high), mix(s.night, s.accent, 0.15))
		s.lit(func() {
			for k := range 3 {
				s.fill(rect(x-44+float64(k%2)*50, 670-high+float64(k/2)*56, 24, 30), hex(0xf9d27c))
			}
		})
	}
	s.fill(polygon(110, 640, 1490, 640, 1560, 730, 40, 730), s.wood)
	s.fill(rect(40, 730, 1520, 60), s.wood.darker(0.4))
	for _, beam := range [][3]float64{{420, 620, 150}, {1160, 960, 150}} {
		s.lit(func() {
			s.veil(polygon(beam[0]-14, 60, beam[0]+14, 60, beam[1]+beam[2], 690, beam[1]-beam[2], 690), hex(0xfff1c4), 0.2)
			s.veil(ellipse(beam[1], 688, beam[2], 26), hex(0xfff1c4), 0.35)
		})
	}
	king := s.stranger()
	king.top = s.brick
	s.at(620, 0, 1, 1).person(692, 300, king, pointing)
	s.fill(polygon(606, 398, 612, 368, 626, 386, 640, 362, 652, 386, 668, 368, 672, 398), s.sun)
	lady := s.stranger()
	lady.top, lady.skirt, lady.style = s.accent.lighter(0.3), true, long
	s.at(960, 0, -1, 1).person(696, 290, lady, cheering)
	s.curtain(0, 1, s.brick.darker(0.15))
	s.curtain(1600, -1, s.brick.darker(0.15))
	s.fill(rect(0, 0, 1600, 70), s.brick.darker(0.3))
	for x := 0.0; x < 1600; x += 160 {
		s.fill(area(66, x, 66, x+20, 100, x+80, 132, x+140, 100, x+160, 66).with(polygon(x, 60, x+160, 60, x+160, 70, x, 70)),
			s.brick.darker(0.2))
		s.fill(polygon(x, 64, x+160, 64, x+140, 104, x+80, 134, x+20, 104), s.brick.darker(0.2))
		s.fill(circle(x, 78, 11), s.sun)
	}
	for row := range 2 {
		for n := range 9 + row {
			x := float64(n)*184 + 30 - float64(row)*80 + s.between(-12, 12)
			y := 838 + float64(row)*56
			i := mix(s.night, one(s, s.accent, s.brick, s.deep, s.wood), 0.26).darker(0.1)
			s.fill(circle(x, y, 38).with(round(x-66, y+30, 132, 120, 50)), i)
			if n%3 == 1 {
				s.fill(circle(x+6, y-40, 16), i)
			}
		}
	}
}

// curtain hangs at a side.
func (s *scene) curtain(x, side float64, i ink) {
	c := s.at(x, 0, side, 1)
	c.fill(blob(-60, -20, 230, -20, 240, 300, 170, 560, 210, 790, -60, 790), i)
	for n := range 5 {
		fold := 22 + float64(n)*40
		c.veil(bent(11, fold, 40, fold+8, 320, fold*0.72, 560, fold*0.9, 780), i.darker(0.5), 0.3)
	}
	c.fill(round(0, 548, 186, 20, 8), s.sun)
}

// library: shelves, a chair, people who read.
func library(s *scene) {
	s.room(s.pale, s.wood.lighter(0.05), 650)
	s.shelf(40, 90, 520, 560)
	s.shelf(1060, 90, 520, 560)
	s.view(640, 150, 340, 300)
	s.fill(ellipse(800, 790, 560, 84), s.accent.lighter(0.25))
	s.fill(ellipse(800, 790, 500, 68), s.accent)
	s.veil(ellipse(800, 790, 430, 54), s.cream, 0.22)
	s.armchair(480, 772, s.brick)
	s.at(480, 0, 1, 1).person(752, 300, s.stranger(), reading)
	s.book(526, 632, 1.25, s.sun)
	s.armchair(1130, 766, s.sun.darker(0.08))
	s.at(1130, 0, -1, 1).person(748, 292, s.stranger(), reading)
	s.book(1080, 626, 1.2, s.accent)
	s.at(760, 0, 1, 1).person(830, 196, s.kid(), reading)
	s.book(800, 750, 1.05, s.rose)
	s.at(890, 0, -1, 1).person(826, 190, s.kid(), sitting)
	s.fill(rect(311, 480, 8, 290).with(round(272, 764, 88, 14, 6)), hex(0x4b4a58))
	s.lit(func() { s.glow(315, 470, 190, hex(0xffe6b0), 0.45) })
	s.fill(polygon(278, 410, 352, 410, 378, 492, 252, 492), s.cream)
	s.pot(1520, 770, 1.5)
	s.at(1330, 0, 1, 1).person(700, 284, s.stranger(),
		pose{left: point{-9, 27}, right: point{14, -14}, leftFoot: point{-4, 45}, rightFoot: point{5, 45}, back: true})
}

func (s *scene) shelf(x, y, w, h float64) {
	wood := s.wood.darker(0.3)
	s.fill(rect(x-14, y-14, w+28, h+14), wood)
	for row := range 5 {
		top := y + float64(row)*h/5
		s.fill(rect(x, top, w, h/5-14), wood.darker(0.35))
		for bx := x + 8; bx < x+w-34; {
			bw, bh := s.between(16, 34), s.between(58, 88)
			i := one(s, s.accent, s.brick, s.sun, s.cream, s.rose, s.deep.lighter(0.2), hex(0x6f9088))
			if s.rand.IntN(9) == 0 {
				s.fill(polygon(bx+16, top+h/5-14-bh, bx+16+bw, top+h/5-10-bh, bx+bw, top+h/5-14, bx, top+h/5-14), i)
				bx += bw + 18
				continue
			}
			s.fill(rect(bx, top+h/5-14-bh, bw, bh), i)
			s.veil(rect(bx, top+h/5-bh, bw, 5).with(rect(bx, top+h/5-34, bw, 4)), i.lighter(0.7), 0.6)
			bx += bw + 2
			if s.rand.IntN(12) == 0 {
				bx += s.between(20, 60)
			}
		}
	}
}

func (s *scene) armchair(x, y float64, i ink) {
	s.shadow(x, y+8, 130)
	s.fill(round(x-96, y-210, 192, 190, 46), i.darker(0.15))
	s.fill(round(x-82, y-92, 164, 74, 20), i.lighter(0.1))
	s.fill(round(x-124, y-122, 52, 112, 24).with(round(x+72, y-122, 52, 112, 24)), i)
	s.fill(rect(x-96, y-14, 14, 24).with(rect(x+82, y-14, 14, 24)), s.wood.darker(0.4))
}

// book lies open in somebody's hands.
func (s *scene) book(x, y, size float64, i ink) {
	c := s.at(x, y, size, size)
	c.fill(polygon(-36, -26, 0, -16, 36, -26, 36, 22, 0, 32, -36, 22), i)
	c.fill(polygon(-31, -28, 0, -20, 31, -28, 31, -20, 0, -10, -31, -20), hex(0xfffaf0))
}

// workshop: a bench, tools on the wall, something to repair.
func workshop(s *scene) {
	s.room(mix(s.cream, s.accent, 0.16), hex(0xb7a894), 640)
	s.fill(round(90, 110, 780, 330, 10), s.wood.lighter(0.25))
	for x := 120.0; x < 860; x += 37 {
		for y := 138.0; y < 430; y += 37 {
			s.veil(circle(x, y, 3), s.wood.darker(0.5), 0.3)
		}
	}
	s.tools(150, 160)
	s.view(1000, 130, 470, 290)
	s.lamp(480, 150, s.accent)
	s.at(330, 0, 1, 1).person(730, 330, s.stranger(), holding)
	s.at(640, 0, -1, 1).person(730, 310, s.stranger(),
		pose{left: point{10, 14}, right: point{17, 11}, leftFoot: point{-5, 45}, rightFoot: point{5, 45}})
	// the bench
	s.shadow(500, 842, 430)
	s.fill(rect(120, 640, 34, 200).with(rect(846, 640, 34, 200)), s.wood.darker(0.45))
	s.fill(rect(120, 720, 760, 22), s.wood.darker(0.35))
	s.fill(round(80, 612, 840, 40, 6), s.wood.darker(0.05))
	s.fill(round(80, 612, 840, 12, 6), s.wood.lighter(0.25))
	s.fill(round(440, 530, 120, 82, 10), s.brick) // a radio
	s.fill(circle(476, 572, 24), s.cream)
	s.fill(rect(512, 548, 36, 8).with(rect(512, 566, 36, 8), rect(512, 584, 36, 8)), s.cream)
	s.fill(straight(4, 540, 530, 590, 450), hex(0x4b4a58))
	s.toolbox(720, 612, s.accent)
	s.fill(round(180, 568, 66, 44, 6), s.sun)
	s.fill(round(196, 540, 34, 34, 4), s.cream)
	// a bicycle on a stand
	s.fill(rect(1190, 470, 14, 350).with(polygon(1120, 836, 1197, 796, 1274, 836)), hex(0x4b4a58))
	s.bicycle(1210, 700, 1.7, s.accent)
	s.at(1460, 0, -1, 1).person(836, 316, s.stranger(),
		pose{left: point{12, 8}, right: point{20, 3}, leftFoot: point{-5, 45}, rightFoot: point{6, 45}})
}

// tools hang on a wall.
func (s *scene) tools(x, y float64) {
	steel := hex(0x76808c)
	grip := []ink{s.brick, s.accent, s.sun}
	for n := range 3 { // hammers and screwdrivers
		tx := x + float64(n)*84
		s.fill(rect(tx+16, y+20, 12, 130), grip[n])
		s.fill(round(tx-6, y, 58, 30, 6), steel)
	}
	for n := range 4 {
		tx := x + 290 + float64(n)*46
		s.fill(rect(tx+6, y+60, 6, 80), steel)
		s.fill(round(tx, y, 18, 66, 8), grip[n%3])
	}
	saw := s.at(x+490, y+20, 1, 1)
	saw.fill(polygon(0, 0, 180, 34, 180, 54, 0, 64), steel.lighter(0.3))
	saw.fill(ring(-8, 34, 40, 16), s.wood.darker(0.2))
	for n := range 4 {
		s.fill(ring(x+500+float64(n)*56, y+170, 24-float64(n)*3, 8), steel)
	}
	s.fill(straight(14, x+20, y+190, x+20, y+250), s.deep)
	s.fill(ring(x+20, y+186, 20, 10), steel)
	s.fill(polygon(x+120, y+180, x+236, y+180, x+120, y+262), s.sun)
	for n := range 3 {
		s.fill(ring(x+330+float64(n)*20, y+220, 36, 7), one(s, s.accent, s.brick, s.deep))
	}
}

func (s *scene) toolbox(x, y float64, i ink) {
	s.fill(ring(x+60, y-66, 30, 8), s.deep)
	s.fill(round(x, y-66, 120, 66, 6), i)
	s.fill(rect(x, y-44, 120, 8), i.darker(0.4))
	s.fill(round(x+50, y-52, 20, 20, 3), s.sun)
}

// kitchen: people who cook with what others would throw away.
func kitchen(s *scene) {
	s.room(mix(s.cream, s.leaf, 0.25), hex(0xc7a98a), 640)
	for y := 330.0; y < 500; y += 44 {
		for x := -20 + math.Mod(y, 88)/2; x < 1600; x += 92 {
			s.veil(round(x, y, 86, 38, 3), hex(0xfffaf0), 0.5)
		}
	}
	s.view(150, 90, 380, 210)
	s.fill(round(640, 120, 820, 16, 4).with(round(640, 250, 820, 16, 4)), s.wood.darker(0.2))
	for n := range 11 {
		x := 664 + float64(n)*72
		i := one(s, s.accent, s.brick, s.sun, s.rose, s.leafDeep)
		s.fill(round(x, 66, 48, 54, 8), mix(i, s.cream, 0.25))
		s.fill(round(x+4, 58, 40, 14, 4), s.wood)
		s.fill(polygon(x, 206, x+50, 206, x+42, 250, x+8, 250), mix(one(s, s.cream, s.accent, s.rose), s.cream, 0.3))
	}
	s.lamp(400, 330, s.brick)
	s.lamp(1180, 330, s.brick)
	for n, x := range []float64{280, 610, 960, 1300} {
		l := s.stranger()
		side := []float64{1, -1, 1, -1}[n]
		c := s.at(x, 0, side, 1)
		c.person(770, s.between(318, 344), l, []pose{holding, bending, holding, waving}[n])
	}
	s.fill(rect(0, 690, 1600, 210), s.wood.lighter(0.15))
	s.veil(rect(0, 690, 1600, 210), s.accent, 0.22)
	s.fill(round(-20, 662, 1640, 36, 4), s.wood.lighter(0.4))
	for x := 200.0; x < 1600; x += 330 {
		s.veil(rect(x, 700, 5, 200), s.wood.darker(0.6), 0.3)
		s.fill(round(x-70, 726, 50, 9, 4), s.cream)
	}
	// a pot that steams
	for n := range 3 {
		x := 760 + float64(n)*34
		s.veil(bent(10, x, 540, x-14, 500, x+12, 460, x, 420), hex(0xffffff), 0.5)
	}
	s.fill(round(710, 570, 170, 94, 16).with(round(690, 596, 210, 16, 8)), hex(0x76808c))
	s.fill(round(704, 558, 182, 18, 8), hex(0x5c6672))
	s.crate(90, 668, 170, s.brick)
	s.crate(1400, 668, 150, s.sun)
	s.fill(circle(440, 636, 30).with(circle(486, 640, 26)), s.leaf)
	s.fill(ellipse(1040, 646, 58, 22), s.sun.darker(0.1))
	for n := range 4 {
		s.fill(straight(5, 1176, 652, 1196, 644+float64(n)*5), s.leafDeep)
		s.fill(polygon(1170, 640+float64(n)*5, 1176, 650+float64(n)*5, 1112, 656+float64(n)*3), s.brick.lighter(0.15))
	}
	s.fill(round(430, 662, 130, 10, 4), s.wood.darker(0.3))
}

// clothes: rails of clothes that change hands.
func clothes(s *scene) {
	s.room(mix(s.rose, s.cream, 0.6), s.wood.lighter(0.2), 640)
	s.bunting(-20, 90, 820, 80, 36)
	s.bunting(790, 80, 1620, 100, 36)
	s.view(1130, 200, 330, 260)
	s.rail(120, 330, 620)
	s.at(290, 0, 1, 1).person(800, 330, s.stranger(), pointing)
	s.at(640, 0, -1, 1).person(806, 320, s.stranger(),
		pose{left: point{12, 8}, right: point{18, 4}, leftFoot: point{-5, 45}, rightFoot: point{5, 45}})
	s.garment(556, 606, 1.05, s.accent, 0)
	// a mirror
	s.fill(round(860, 250, 190, 450, 90), s.wood.darker(0.2))
	s.shade(round(876, 266, 158, 418, 78), s.skyLow, mix(s.skyTop, s.cream, 0.4))
	s.veil(polygon(890, 500, 990, 280, 1020, 290, 900, 560), hex(0xffffff), 0.4)
	s.at(970, 0, -1, 1).person(830, 326, s.stranger(), waving)
	s.table(1150, 690, 400, 130, s.cream)
	for n, x := range []float64{1180, 1300, 1420} {
		for k := range 3 {
			s.fill(round(x, 660-float64(k)*22, 96, 22, 9), one(s, s.accent, s.brick, s.sun, s.rose, s.deep).lighter(float64(n)*0.08))
		}
	}
	s.at(1360, 0, 1, 1).person(880, 200, s.kid(), cheering)
}

// rail is where clothes hang.
func (s *scene) rail(x, y, w float64) {
	steel := hex(0x6a7480)
	s.shadow(x+w/2, 786, w*0.5)
	s.fill(rect(x, y, 12, 450).with(rect(x+w-12, y, 12, 450), round(x-10, y-8, w+20, 13, 6), round(x-40, 774, 92, 14, 6),
		round(x+w-52, 774, 92, 14, 6)), steel)
	colours := []ink{s.accent, s.cream, s.brick, s.sun, s.deep, s.rose, hex(0x6f9088), s.pale, s.brick.lighter(0.3)}
	for n := range 8 {
		s.garment(x+60+float64(n)*72, y+6, 1, colours[n], n%3)
	}
}

// garment hangs from a point: a jumper, a dress or trousers.
func (s *scene) garment(x, y, size float64, i ink, kind int) {
	c := s.at(x, y, size, size)
	c.fill(bent(4, 0, 18, 0, 4, 8, -4, 2, -8), hex(0x4b4a58))
	c.fill(straight(5, -36, 34, 0, 16, 36, 34), s.wood.darker(0.3))
	switch kind {
	case 0:
		c.fill(polygon(-20, 24, 20, 24, 44, 36, 60, 130, 40, 136, 34, 90, 34, 170, -34, 170, -34, 90, -40, 136, -60, 130, -44, 36), i)
		c.veil(rect(-34, 100, 68, 12).with(rect(-34, 122, 68, 12)), i.lighter(0.7), 0.7)
	case 1:
		c.fill(polygon(-22, 24, 22, 24, 32, 60, 22, 100, 58, 250, -58, 250, -22, 100, -32, 60), i)
		c.veil(rect(-23, 96, 46, 10), i.darker(0.6), 0.5)
	default:
		c.fill(polygon(-34, 30, 34, 30, 40, 230, 8, 230, 0, 90, -8, 230, -40, 230), i)
	}
}
