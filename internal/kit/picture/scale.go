package picture

import (
	"image"
	"image/draw"
	"math"
)

// kernel is what a row or column of a scaled picture takes of the rows or columns from first on.
type kernel struct {
	first   int
	weights []float32 // one in all
}

// kernels returns what each of so many rows or columns takes of those there are, by the curve of Catmull and
// Rom: as sharp as it can be without rings. Fewer of them blend more of what there is, so that fine lines do
// not flicker.
func kernels(wanted, there int) []kernel {
	step := float64(there) / float64(wanted)
	wide := max(step, 1)
	all := make([]kernel, wanted)
	for i := range all {
		centre := (float64(i) + 0.5) * step
		first, last := max(0, int(math.Floor(centre-2*wide))), min(there-1, int(math.Ceil(centre+2*wide)))
		weights, sum := make([]float32, 0, last-first+1), 0.0
		for j := first; j <= last; j++ {
			w := catmullRom(math.Abs(float64(j)+0.5-centre) / wide)
			weights, sum = append(weights, float32(w)), sum+w
		}
		for j := range weights {
			weights[j] /= float32(sum)
		}
		all[i] = kernel{first, weights}
	}
	return all
}

func catmullRom(x float64) float64 {
	switch {
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-0.5*x+2.5)*x-4)*x + 2
	default:
		return 0
	}
}

// scale returns a part of a picture in another size. It goes through the rows once and holds only a
// handful of them, where a scaler that keeps the picture between its two directions needs several times
// the memory of the picture itself.
func scale(src image.Image, from image.Rectangle, width, height int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	columns, rows := kernels(width, from.Dx()), kernels(height, from.Dy())
	line := image.NewRGBA(image.Rect(0, 0, from.Dx(), 1))
	row := make([]float32, 4*width)
	sums := map[int][]float32{} // rows of dst that are begun
	var spare [][]float32
	begun := 0 // the first row of dst that is not finished
	for y := range from.Dy() {
		draw.Draw(line, line.Rect, src, image.Pt(from.Min.X, from.Min.Y+y), draw.Src)
		scaleRow(row, line.Pix, columns)
		for i := begun; i < height && rows[i].first <= y; i++ {
			sum := sums[i]
			if sum == nil {
				if n := len(spare); n > 0 {
					sum, spare = spare[n-1], spare[:n-1]
					clear(sum)
				} else {
					sum = make([]float32, 4*width)
				}
				sums[i] = sum
			}
			weight := rows[i].weights[y-rows[i].first]
			for j, v := range row {
				sum[j] += weight * v
			}
			if y == rows[i].first+len(rows[i].weights)-1 {
				roundRow(dst.Pix[i*dst.Stride:], sum)
				spare = append(spare, sum)
				delete(sums, i)
				begun = i + 1
			}
		}
	}
	return dst
}

// scaleRow scales one row.
func scaleRow(row []float32, pixels []uint8, columns []kernel) {
	for i, c := range columns {
		var r, g, b, a float32
		from := pixels[4*c.first : 4*(c.first+len(c.weights))]
		for j, w := range c.weights {
			p := from[4*j : 4*j+4 : 4*j+4]
			r += w * float32(p[0])
			g += w * float32(p[1])
			b += w * float32(p[2])
			a += w * float32(p[3])
		}
		row[4*i], row[4*i+1], row[4*i+2], row[4*i+3] = r, g, b, a
	}
}

// roundRow rounds a row. The curve overshoots at edges, and no colour is stronger than what covers it.
func roundRow(pixels []uint8, row []float32) {
	for i := 0; i < len(row); i += 4 {
		a := min(max(row[i+3]+0.5, 0), 255)
		for j := range 3 {
			pixels[i+j] = uint8(min(max(row[i+j]+0.5, 0), a))
		}
		pixels[i+3] = uint8(a)
	}
}
