package check

import "errors"

// Points are places on a map, each latitude and longitude.
type Points [][2]float64

// UnmarshalOption implements config.Unmarshaler.
func (p *Points) UnmarshalOption(v any) error {
	wrong := errors.New("a list of pairs, [latitude, longitude]")
	list, ok := v.([]any)
	if !ok {
		return wrong
	}
	points := make(Points, len(list))
	for i, item := range list {
		pair, ok := item.([]any)
		if !ok || len(pair) != 2 {
			return wrong
		}
		for j, bound := range []float64{90, 180} {
			n, ok := asFloat(pair[j])
			if !ok || !(n >= -bound && n <= bound) {
				return wrong
			}
			points[i][j] = n
		}
	}
	*p = points
	return nil
}

func asFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case int:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
