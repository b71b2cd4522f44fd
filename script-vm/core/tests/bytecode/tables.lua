-- Table constructors and accesses: fields, integers, computed keys, nested tables, long lists.
local a, i = ...
local t = {}
t = { 1, 2, 3 }; t = { x = 1, y = a }; t = { [1] = a, [a] = 1, ["z"] = 2, [i + 1] = 3 }
t = { a, x = 1, i, f(), y = 2, f() }
t = { f() }; t = { f(), f() }; t = { (f()) }; t = { { { 1 } } }; t = { nil, nil }
t.x = 1; t["y"] = a; t[1] = a; t[0] = 1; t[65535] = 1; t[65536] = 1; t[-1] = 1; t[1.0] = 1; t[i] = a; t[i + 1] = a
t.x.y.z = t.a.b.c; t[t[i]] = t[i][i]
a = t.x; a = t[1]; a = t[256]; a = t[i]; a = t[a.b]; a = t[nil]; a = t[true]
t = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, f() }
