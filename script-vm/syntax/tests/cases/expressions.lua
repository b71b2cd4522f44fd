-- Precedence and associativity, suffixes, parentheses, constructors.
x = 1 + 2 * 3 - 4 / 5
x = 2 ^ 3 ^ 2, -2 ^ 2, 2 ^ -2
x = a .. b .. c + 1 .. d
x = not a == b, #a < -b, ~a & b
x = a or b and c or d, (a or b) and c
x = 1 << 2 + 3 | 4 ~ 5 & 6 >> 7
x = a < b == (c > d) ~= (e <= f) == (g >= h)
x = a // b % c * d
x = (f()), (...), ((g:m())), (a), (a.b)
x = f{1}, f"s", f[[l]], a.b.c[1](2)(3):m "x":n{}
x = {}, {1, 2; 3, }, {a = 1, [b] = 2, c, f(), ["d"] = {...}}, {a}, {a == b}
x, y.z, w[1], v().u = f()
f(function() end, g(function() end))
return
