package scenery

import (
	"image"
	"math"
)

// Face says what somebody looks like. The numbers are colours, like 0xe6b48f.
type Face struct {
	Skin, Hair, Top, Behind int
	Style                   Style
	Beard, Moustache        bool
	Glasses, Earrings       bool
	Old                     bool
	Smile                   float64 // 0 to 1
}

// Style is what somebody wears on the head.
type Style int

// The styles.
const (
	Short Style = iota
	Side
	Bob
	Long
	Curls
	Bun
	Plait
	Headscarf
	Bald
	Beanie
)

// Portrait draws somebody's face, square.
func Portrait(f Face, size int) *image.RGBA {
	c := newCanvas(size, size, 400)
	skin, hair, top := hex(f.Skin), hex(f.Hair), hex(f.Top)
	shade := mix(skin, hex(0x8a3d20), 0.22)
	c.shade(rect(0, 0, 400, 400), hex(f.Behind).lighter(0.25), hex(f.Behind))
	c.veil(circle(330, 70, 120), hex(0xffffff), 0.16)
	c.hairBehind(f, hair)
	// shoulders and neck
	c.fill(blob(40, 420, 66, 342, 140, 310, 200, 306, 260, 310, 334, 342, 360, 420, 200, 440), top)
	c.veil(blob(260, 310, 334, 342, 360, 420, 290, 420, 280, 360), top.darker(0.5), 0.18)
	c.fill(round(168, 236, 64, 96, 30), shade)
	c.fill(ellipse(200, 312, 42, 22), shade)
	// ears and head
	if f.Style != Headscarf {
		c.fill(ellipse(124, 196, 15, 21).with(ellipse(276, 196, 15, 21)), shade)
	}
	c.fill(blob(200, 96, 254, 116, 274, 180, 262, 238, 228, 272, 200, 280, 172, 272, 138, 238, 126, 180, 146, 116), skin)
	c.veil(circle(152, 222, 20).with(circle(248, 222, 20)), hex(0xd9604a), 0.2)
	c.beard(f, hair)
	c.features(f, skin, hair)
	c.hairBefore(f, hair)
	if f.Glasses {
		frame := hex(0x2f2c3a)
		c.veil(circle(166, 192, 26).with(circle(234, 192, 26)), hex(0xffffff), 0.16)
		c.fill(ring(166, 192, 30, 6).with(ring(234, 192, 30, 6)), frame)
		c.fill(bent(5, 194, 190, 200, 187, 206, 190).with(straight(5, 137, 188, 126, 184), straight(5, 263, 188, 274, 184)), frame)
	}
	if f.Earrings && f.Style != Headscarf {
		c.fill(circle(122, 224, 7).with(circle(278, 224, 7)), hex(0xe3b04b))
	}
	return c.pixels
}

func (c canvas) features(f Face, skin, hair ink) {
	dark := hex(0x33241f)
	brow := mix(hair, dark, 0.35)
	if f.Style == Headscarf {
		brow = dark
	}
	c.fill(bent(6.5, 148, 168, 164, 160, 182, 166).with(bent(6.5, 218, 166, 236, 160, 252, 168)), brow)
	c.fill(ellipse(166, 192, 8, 9.5).with(ellipse(234, 192, 8, 9.5)), dark)
	c.veil(circle(169, 188, 2.6).with(circle(237, 188, 2.6)), hex(0xffffff), 0.9)
	c.fill(bent(5.5, 202, 196, 208, 220, 196, 224), mix(skin, hex(0x8a3d20), 0.4))
	lip := mix(skin, hex(0xa32f2f), 0.55)
	deep := 6 + 14*f.Smile
	if f.Smile > 0.7 {
		c.fill(area(242, 172, 242, 172, 241).with(blob(172, 242, 200, 246, 228, 242, 218, 258, 200, 264, 182, 258)), hex(0x7c2a2a))
		c.fill(round(178, 243, 44, 8, 4), hex(0xfffaf0))
	} else {
		c.fill(bent(6.5, 174, 246, 200, 246+deep*0.6, 226, 246), lip)
	}
	if f.Old {
		line := mix(skin, hex(0x8a3d20), 0.35)
		c.veil(bent(3, 170, 136, 200, 132, 230, 136), line, 0.7)
		c.veil(bent(3, 156, 226, 152, 240, 156, 252).with(bent(3, 244, 226, 248, 240, 244, 252), straight(3, 136, 196, 146, 202),
			straight(3, 264, 196, 254, 202)), line, 0.7)
	}
}

func (c canvas) beard(f Face, hair ink) {
	if f.Beard {
		c.fill(blob(128, 200, 140, 226, 172, 232, 200, 230, 228, 232, 260, 226, 272, 200, 270, 250, 236, 292, 200, 304, 164, 292, 130, 250), hair)
	}
	if f.Moustache || f.Beard {
		c.fill(blob(200, 230, 222, 230, 240, 246, 218, 244, 200, 240, 182, 244, 160, 246, 178, 230), hair.darker(0.1))
	}
}

func (c canvas) hairBehind(f Face, hair ink) {
	switch f.Style {
	case Long:
		c.fill(blob(200, 70, 276, 96, 300, 190, 312, 330, 262, 370, 138, 370, 88, 330, 100, 190, 124, 96), hair.darker(0.12))
	case Bob:
		c.fill(blob(200, 72, 280, 100, 298, 190, 294, 262, 250, 286, 150, 286, 106, 262, 102, 190, 120, 100), hair.darker(0.12))
	case Curls:
		for n := range 15 {
			sin, cos := math.Sincos(math.Pi*0.9 + float64(n)/14*math.Pi*1.2)
			c.fill(circle(200+cos*84, 176+sin*84, 36), hair.darker(0.1))
		}
	case Bun:
		c.fill(circle(200, 62, 40), hair.darker(0.1))
		c.fill(blob(200, 78, 268, 104, 284, 180, 262, 214, 138, 214, 116, 180, 132, 104), hair.darker(0.1))
	case Plait:
		c.fill(blob(200, 74, 276, 104, 288, 190, 262, 250, 138, 250, 112, 190, 124, 104), hair.darker(0.12))
		for n := range 5 {
			y := 250 + float64(n)*28
			c.fill(ellipse(292-float64(n)*3, y, 22-float64(n)*1.5, 20), hair.darker(0.05*float64(n%2)))
		}
	case Headscarf:
		c.fill(blob(200, 62, 286, 100, 304, 200, 312, 330, 200, 372, 88, 330, 96, 200, 114, 100), hex(f.Hair).darker(0.12))
	case Short, Side, Bald, Beanie:
	}
}

func (c canvas) hairBefore(f Face, hair ink) {
	shine := hair.lighter(0.22)
	switch f.Style {
	case Short:
		c.fill(blob(126, 178, 118, 130, 150, 84, 200, 70, 250, 84, 282, 130, 274, 178, 262, 136, 230, 122, 170, 122, 138, 136), hair)
	case Side, Bob:
		c.fill(blob(124, 188, 116, 126, 152, 80, 206, 68, 256, 82, 286, 132, 276, 188, 264, 146, 222, 110, 180, 136, 142, 146), hair)
		c.veil(bent(7, 156, 98, 200, 82, 240, 92), shine, 0.5)
	case Long:
		c.fill(blob(120, 200, 114, 126, 152, 80, 200, 68, 248, 80, 286, 126, 280, 200, 262, 150, 216, 108, 200, 100, 184, 108, 138, 150), hair)
		c.veil(bent(7, 152, 104, 176, 88, 196, 84), shine, 0.5)
	case Curls:
		for n := range 8 {
			sin, cos := math.Sincos(math.Pi*1.06 + float64(n)/7*math.Pi*0.88)
			c.fill(circle(200+cos*66, 158+sin*64, 28), hair)
		}
		c.veil(circle(176, 92, 12).with(circle(226, 88, 11), circle(142, 118, 10)), shine, 0.4)
	case Bun, Plait:
		c.fill(blob(124, 184, 118, 128, 154, 82, 200, 72, 246, 82, 282, 128, 276, 184, 256, 136, 226, 112, 174, 112, 144, 136), hair)
		c.veil(bent(6, 160, 98, 196, 84, 232, 94), shine, 0.5)
	case Headscarf:
		c.fill(blob(200, 66, 264, 84, 290, 150, 286, 230, 250, 296, 330, 340, 200, 364, 70, 340, 150, 296, 114, 230, 110, 150, 136, 84), hair)
		skin := hex(f.Skin)
		c.fill(blob(200, 116, 244, 132, 260, 182, 250, 236, 222, 268, 200, 274, 178, 268, 150, 236, 140, 182, 156, 132), skin)
		c.veil(circle(160, 224, 18).with(circle(240, 224, 18)), hex(0xd9604a), 0.2)
		c.features(f, skin, hair)
		c.veil(bent(6, 140, 300, 200, 330, 262, 300).with(bent(5, 120, 326, 200, 352, 280, 326)), hair.darker(0.5), 0.3)
	case Bald:
		c.veil(ellipse(176, 116, 26, 12), hex(0xffffff), 0.2)
		c.veil(blob(126, 190, 122, 160, 134, 138, 140, 166).with(blob(274, 190, 260, 166, 266, 138, 278, 160)), hair, 0.9)
	case Beanie:
		c.fill(blob(118, 160, 122, 96, 160, 62, 200, 54, 240, 62, 278, 96, 282, 160, 200, 140), hair)
		c.fill(round(112, 130, 176, 40, 18), hair.lighter(0.25))
		c.fill(circle(200, 52, 20), hair.lighter(0.4))
	}
}
